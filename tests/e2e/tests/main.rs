//! The engine end to end, on local AWS with IAM enforced: facts on the bus, actions in the stand-ins.
//!
//! Most tests share one stack, each with a marketplace of its own, so they run side by side; see [`stack`] for who has
//! another.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

mod api;
mod apps;
mod chaos;
mod command_line;
mod delivery;
mod erase;
mod events;
mod facts;
mod fan_out;
mod log_pages;
mod logs;
mod logs_api;
mod matrix;
mod oauth;
mod operations;
mod operator;
mod promises;
mod prospects;
mod rule_editing;
mod rules;
mod samples;
mod sessions;
mod stack;
mod sweeps;
