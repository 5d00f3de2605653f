//! The operator's command line: connects accounts, applies rules, publishes facts, reads the logs of a deployment, and
//! replays and redrives failures.

mod api;
mod app;
mod apps;
mod buyer;
mod cli;
mod config_log;
mod connect;
mod console;
mod cost;
mod dry_run;
mod event;
mod events;
mod facts;
mod filter;
mod fleet;
mod input;
mod integrations;
mod json;
mod log;
mod manual;
mod pages;
mod products;
mod publish;
mod reading;
mod redrive;
mod refresh;
mod replay;
mod report;
mod rules;
#[cfg(test)]
mod sample;
mod save;
mod sessions;
mod since;
mod stack;
mod table;
mod terminal;
mod verify;
mod wait;

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    cli::main().await
}
