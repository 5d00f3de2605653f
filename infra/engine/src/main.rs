//! The operator's command line: connects accounts, applies rules, publishes facts, reads the logs of a deployment, and
//! brings back what failed.

mod cli;
mod config_log;
mod connect;
mod dry_run;
mod event;
mod events;
mod fleet;
mod integrations;
mod log;
mod publish;
mod redrive;
mod refresh;
mod replay;
mod rules;
#[cfg(test)]
mod sample;
mod since;
mod stack;
mod table;
mod wait;

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    cli::main().await
}
