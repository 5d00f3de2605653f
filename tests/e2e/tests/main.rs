//! The engine end to end, on local AWS with IAM enforced: facts on the bus, actions in the stand-ins.
//!
//! Most tests share one stack, each with its own marketplace, so they run in parallel; see [`stack`] for tests with
//! another stack.

#![expect(clippy::expect_used, reason = "a test that cannot continue gives the reason")]

mod api;
mod apps;
mod chaos;
mod command_line;
mod console;
mod delivery;
mod deployed_apps;
mod deployment;
mod documents;
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
mod own_app;
mod promises;
mod prospects;
mod rule_editing;
mod rules;
mod samples;
mod sessions;
mod stack;
mod stored;
mod sweeps;
