//! Sequences of actions against the stand-ins, which keep state.
#![expect(clippy::expect_used, reason = "in a test")]

mod activecampaign;
#[path = "../wire/app.rs"]
mod app;
mod circle;
mod thinkific;
