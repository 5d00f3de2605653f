//! The commands, what they share, and how an error leaves the program: 0 done, 1 failed, 2 wrong usage.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use domain::id::MarketplaceId;

use crate::config_log::{self, ConfigLogError};
use crate::connect::{self, ConnectError};
use crate::dry_run::{self, DryRunError};
use crate::event::{self, EventError};
use crate::events::{self, EventsError};
use crate::fleet::{self, FleetCommandError};
use crate::integrations::{self, IntegrationsError};
use crate::log::{self, LogError};
use crate::publish::{self, PublishError};
use crate::redrive::{self, RedriveError};
use crate::refresh::{self, RefreshError};
use crate::replay::{self, ReplayError};
use crate::rules::{self, RulesError};
use crate::stack::{Stack, StackError};
use crate::wait::{self, WaitError};

/// Operates a deployment of the integration engine.
#[derive(Debug, Parser)]
#[command(name = "engine", version)]
struct Cli {
    /// What describes the deployment [default: the nearest .local/outputs.json, looked for from here upwards]
    #[arg(long, global = true, env = "ENGINE_OUTPUTS", value_name = "FILE")]
    outputs: Option<PathBuf>,
    /// Whose data it is about [default: the deployment's demo marketplace]
    #[arg(long, global = true, value_name = "ID")]
    marketplace: Option<MarketplaceId>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Connect(connect::Args),
    Login(connect::LoginArgs),
    Accept(connect::AcceptArgs),
    Refresh(refresh::Args),
    Options(refresh::OptionsArgs),
    Disconnect(refresh::DisconnectArgs),
    Integrations(integrations::Args),
    #[command(subcommand)]
    Rules(rules::Command),
    Publish(publish::Args),
    Wait(wait::Args),
    Log(log::Args),
    Events(events::Args),
    Event(event::Args),
    ConfigLog(config_log::Args),
    DryRun(dry_run::Args),
    Replay(replay::Args),
    Retry(replay::RetryArgs),
    Cancel(replay::CancelArgs),
    #[command(subcommand)]
    Redrive(redrive::Command),
    Fleet(fleet::Args),
    Pause(fleet::PauseArgs),
    Resume(fleet::ResumeArgs),
    Facts(fleet::FactsArgs),
}

/// A command that failed.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Stack(#[from] StackError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Integrations(#[from] IntegrationsError),
    #[error(transparent)]
    Rules(#[from] RulesError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Wait(#[from] WaitError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Events(#[from] EventsError),
    #[error(transparent)]
    Event(#[from] EventError),
    #[error(transparent)]
    ConfigLog(#[from] ConfigLogError),
    #[error(transparent)]
    DryRun(#[from] DryRunError),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error(transparent)]
    Redrive(#[from] RedriveError),
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    #[error(transparent)]
    Fleet(#[from] FleetCommandError),
}

/// Runs the command that was asked for. Wrong usage ends in clap, with code 2.
pub(crate) async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli, &mut io::stdout().lock()).await {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough, as `head` does.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is closed too, the exit code has to say it all.
            drop(report(&error, &mut io::stderr().lock()));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli, out: &mut impl Write) -> Result<(), CliError> {
    let stack = Stack::open(cli.outputs, cli.marketplace).await?;
    match cli.command {
        Command::Connect(args) => connect::run(args, &stack, out).await?,
        Command::Login(args) => connect::login(args, &stack, out).await?,
        Command::Accept(args) => connect::accept(args, &stack, out).await?,
        Command::Refresh(args) => refresh::run(args, &stack, out).await?,
        Command::Options(args) => refresh::options(args, &stack, out).await?,
        Command::Disconnect(args) => refresh::disconnect(args, &stack, out).await?,
        Command::Integrations(args) => integrations::run(args, &stack, out).await?,
        Command::Rules(command) => rules::run(command, &stack, out).await?,
        Command::Publish(args) => publish::run(args, &stack, out).await?,
        Command::Wait(args) => wait::run(args, &stack, out).await?,
        Command::Log(args) => log::run(args, &stack, out).await?,
        Command::Events(args) => events::run(args, &stack, out).await?,
        Command::Event(args) => event::run(args, &stack, out).await?,
        Command::ConfigLog(args) => config_log::run(args, &stack, out).await?,
        Command::DryRun(args) => dry_run::run(args, &stack, out).await?,
        Command::Replay(args) => replay::run(args, &stack, out).await?,
        Command::Retry(args) => replay::retry(args, &stack, out).await?,
        Command::Cancel(args) => replay::cancel(args, &stack, out).await?,
        Command::Redrive(command) => redrive::run(command, &stack, out).await?,
        Command::Fleet(args) => fleet::run(args, &stack, out).await?,
        Command::Pause(args) => fleet::pause(args, &stack, out).await?,
        Command::Resume(args) => fleet::resume(args, &stack, out).await?,
        Command::Facts(args) => fleet::facts(args, &stack, out).await?,
    }
    Ok(())
}

/// The error and what caused it, a line each; a cause that only repeats what stands above it is left out.
fn report(error: &dyn Error, out: &mut impl Write) -> io::Result<()> {
    let mut said = error.to_string();
    writeln!(out, "error: {said}")?;
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.contains(&text) {
            writeln!(out, "  because: {text}")?;
        }
        said = text;
        next = cause.source();
    }
    Ok(())
}

fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_error_is_printed_with_its_causes_each_once() {
        let error = CliError::Publish(PublishError::Output(io::Error::other("disk full")));
        let mut out = Vec::new();
        report(&error, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches("disk full").count(), 1, "{text}");
        assert!(!is_closed_pipe(&error));
        let closed = CliError::Publish(PublishError::Output(io::ErrorKind::BrokenPipe.into()));
        assert!(is_closed_pipe(&closed));
    }
}
