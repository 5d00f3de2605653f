//! Sequences of actions against the stand-ins, which keep state.
#![expect(clippy::expect_used, reason = "in a test")]

#[path = "../wire/app.rs"]
mod app;
mod circle;
mod states;
mod thinkific;
