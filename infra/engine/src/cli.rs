//! The commands, their common options, and the exit codes: 0 success, 1 failure, 2 wrong usage.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use domain::id::MarketplaceId;

use crate::app::{self, AppError};
use crate::apps;
use crate::buyer::{self, BuyerError};
use crate::config_log::{self, ConfigLogError};
use crate::connect::{self, ConnectError};
use crate::console::{self, ConsoleError};
use crate::cost;
use crate::dry_run::{self, DryRunError};
use crate::event::{self, EventError};
use crate::events::{self, EventsError};
use crate::facts::{self, FactsError};
use crate::fleet::{self, FleetCommandError};
use crate::integrations::{self, IntegrationsError};
use crate::log::{self, LogError};
use crate::manual::{self, ManError};
use crate::products::{self, ProductsError};
use crate::publish::{self, PublishError};
use crate::redrive::{self, RedriveError};
use crate::refresh::{self, RefreshError};
use crate::replay::{self, ReplayError};
use crate::report;
use crate::rules::{self, RulesError};
use crate::sessions::{self, SessionsError};
use crate::stack::{Stack, StackError};
use crate::verify::{self, VerifyError};
use crate::wait::{self, WaitError};

/// Operates a deployment of the integration engine
#[derive(Debug, Parser)]
#[command(name = "engine", version)]
struct Cli {
    /// The deployment's outputs file [default: .local/outputs.json in this folder or the nearest one above]
    #[arg(long, global = true, env = "ENGINE_OUTPUTS", value_name = "FILE")]
    outputs: Option<PathBuf>,
    /// The merchant's marketplace [default: the deployment's demo marketplace]
    #[arg(long, global = true, value_name = "ID")]
    marketplace: Option<MarketplaceId>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Apps(apps::Args),
    #[command(subcommand)]
    App(app::Command),
    Connect(connect::Args),
    Login(connect::LoginArgs),
    Accept(connect::AcceptArgs),
    Integrations(integrations::Args),
    Rename(integrations::RenameArgs),
    Refresh(refresh::Args),
    Options(refresh::OptionsArgs),
    Disconnect(refresh::DisconnectArgs),
    ConfigLog(config_log::Args),
    Products(products::Args),
    #[command(subcommand)]
    Rules(rules::Command),
    DryRun(dry_run::Args),
    Publish(publish::Args),
    Wait(wait::Args),
    Events(events::Args),
    Event(event::Args),
    Log(log::Args),
    Replay(replay::Args),
    Retry(replay::RetryArgs),
    Cancel(replay::CancelArgs),
    #[command(subcommand)]
    Buyer(buyer::Command),
    #[command(subcommand)]
    Sessions(sessions::Command),
    Console(console::Args),
    Fleet(fleet::Args),
    Pause(fleet::PauseArgs),
    Resume(fleet::ResumeArgs),
    Facts(facts::Args),
    #[command(subcommand)]
    Redrive(redrive::Command),
    Verify(verify::Args),
    Cost(cost::Args),
    Completions(manual::CompletionsArgs),
    Man(manual::ManArgs),
}

/// The reason why a command failed.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    App(#[from] AppError),
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
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    Products(#[from] ProductsError),
    #[error(transparent)]
    Sessions(#[from] SessionsError),
    #[error(transparent)]
    Console(#[from] ConsoleError),
    #[error(transparent)]
    Buyer(#[from] BuyerError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error(transparent)]
    Man(#[from] ManError),
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Runs the requested command. Wrong usage ends with code 2.
pub(crate) async fn main() -> ExitCode {
    // An app's key is an argument, so the catalog must be complete before arguments are parsed.
    if let Err(error) = app::own() {
        drop(report::write(&CliError::from(error), None, &mut io::stderr().lock()));
        return ExitCode::FAILURE;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(wrong) if wrong.use_stderr() => {
            // The message quotes the argument, which can have any length.
            drop(write!(io::stderr(), "{}", report::cut(&wrong.to_string())));
            return ExitCode::from(2);
        }
        // Help or the version is requested.
        Err(asked_for) => asked_for.exit(),
    };
    let out = &mut io::stdout().lock();
    let Cli { outputs, marketplace, command } = cli;
    let (result, local) = match without_stack(command, out).await {
        Ok(command) => match Stack::open(outputs, marketplace).await {
            Ok(stack) => (run(command, &stack, out).await, stack.local().cloned()),
            Err(error) => (Err(error.into()), None),
        },
        Err(done) => (done, None),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the pipe has closed it, as `head` does.
        Err(error) if report::is(&error, io::ErrorKind::BrokenPipe) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed too, only the exit code reports the failure.
            drop(report::write(&error, local.as_ref(), &mut io::stderr().lock()));
            ExitCode::FAILURE
        }
    }
}

/// Runs a command that needs no deployment. `Ok`: the command needs one.
async fn without_stack(command: Command, out: &mut impl Write) -> Result<Command, Result<(), CliError>> {
    Err(match command {
        Command::Apps(args) => apps::run(&args, out).map_err(CliError::from),
        Command::App(command) => app::run(command, out).await.map_err(CliError::from),
        Command::Cost(args) => cost::run(&args, out).map_err(CliError::from),
        Command::Completions(args) => manual::completions(&args, Cli::command(), out).map_err(CliError::from),
        Command::Man(args) => manual::man(args, Cli::command()).map_err(CliError::from),
        needs_stack => return Ok(needs_stack),
    })
}

async fn run(command: Command, stack: &Stack, out: &mut impl Write) -> Result<(), CliError> {
    match command {
        Command::Connect(args) => connect::run(args, stack, out).await?,
        Command::Login(args) => connect::login(args, stack, out).await?,
        Command::Accept(args) => connect::accept(args, stack, out).await?,
        Command::Integrations(args) => integrations::run(args, stack, out).await?,
        Command::Rename(args) => integrations::rename(args, stack, out).await?,
        Command::Refresh(args) => refresh::run(args, stack, out).await?,
        Command::Options(args) => refresh::options(args, stack, out).await?,
        Command::Disconnect(args) => refresh::disconnect(args, stack, out).await?,
        Command::ConfigLog(args) => config_log::run(args, stack, out).await?,
        Command::Products(args) => products::run(args, stack, out).await?,
        Command::Rules(command) => rules::run(command, stack, out).await?,
        Command::DryRun(args) => dry_run::run(args, stack, out).await?,
        Command::Publish(args) => publish::run(args, stack, out).await?,
        Command::Wait(args) => wait::run(args, stack, out).await?,
        Command::Events(args) => events::run(args, stack, out).await?,
        Command::Event(args) => event::run(args, stack, out).await?,
        Command::Log(args) => log::run(args, stack, out).await?,
        Command::Replay(args) => replay::run(args, stack, out).await?,
        Command::Retry(args) => replay::retry(args, stack, out).await?,
        Command::Cancel(args) => replay::cancel(args, stack, out).await?,
        Command::Buyer(command) => buyer::run(command, stack, out).await?,
        Command::Sessions(command) => sessions::run(command, stack, out).await?,
        Command::Console(args) => console::run(args, stack, out).await?,
        Command::Verify(args) => verify::run(args, stack, out).await?,
        Command::Fleet(args) => fleet::run(args, stack, out).await?,
        Command::Pause(args) => fleet::pause(args, stack, out).await?,
        Command::Resume(args) => fleet::resume(args, stack, out).await?,
        Command::Facts(args) => facts::run(args, stack, out).await?,
        Command::Redrive(command) => redrive::run(command, stack, out).await?,
        // `without_stack` runs these commands.
        Command::Apps(_) | Command::App(_) | Command::Cost(_) | Command::Completions(_) | Command::Man(_) => {
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_hold_together() {
        Cli::command().debug_assert();
    }
}
