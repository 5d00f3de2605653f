//! `engine fleet`, `pause`, `resume` and `facts`: what concerns all merchants at once.

use std::io::{self, Write};

use aws::queue::QueueError;
use aws::store::BoundedCount;
use domain::app::App;
use domain::pause::Note;
use operations::facts_queue;
use operations::fleet::{AppHealth, FleetError};
use runtime::clock;

use crate::stack::{Stack, StackError};
use crate::table::{Table, printable, when};

/// Show how each app does for all merchants: accounts, queue, dead letters, pause
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Pause an app for all merchants: its jobs wait, and none is lost
#[derive(Debug, clap::Args)]
pub(crate) struct PauseArgs {
    /// The app's key, such as mailchimp
    app: App,
    /// Why, for merchants to read in their Action Log
    #[arg(long, value_name = "TEXT")]
    note: String,
}

/// Let a paused app's jobs go on
#[derive(Debug, clap::Args)]
pub(crate) struct ResumeArgs {
    /// The app
    app: App,
}

/// Show what lies in the facts queue, and leave it there
#[derive(Debug, clap::Args)]
pub(crate) struct FactsArgs {
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 25)]
    max: usize,
}

/// A command about all merchants that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FleetCommandError {
    /// No deployment.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// A note that merchants cannot read.
    #[error(transparent)]
    Note(#[from] domain::pause::InvalidNote),
    /// The table or a queue did not answer.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The facts queue did not answer.
    #[error("the facts queue cannot be read")]
    Facts(#[from] QueueError),
    /// The terminal is gone.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Shows the fleet.
pub(crate) async fn run(_: Args, stack: &Stack, out: &mut impl Write) -> Result<(), FleetCommandError> {
    let rows: Vec<_> = stack.fleet()?.apps().await?.iter().map(row).collect();
    let header = ["APP", "CONNECTED", "NEED RECONNECT", "QUEUED", "UNDER WAY", "DEAD", "PAUSED"];
    Table::new(header).write(&rows, out)?;
    Ok(())
}

/// Pauses.
pub(crate) async fn pause(
    args: PauseArgs,
    stack: &Stack,
    out: &mut impl Write,
) -> Result<(), FleetCommandError> {
    let note = Note::new(&args.note)?;
    let pause = stack.fleet()?.pause(args.app, &note, clock::now()).await?;
    writeln!(out, "{} is paused since {}: {}", args.app, when(pause.since), printable(note.as_str()))?;
    Ok(())
}

/// Resumes.
pub(crate) async fn resume(
    args: ResumeArgs,
    stack: &Stack,
    out: &mut impl Write,
) -> Result<(), FleetCommandError> {
    if stack.fleet()?.resume(args.app, clock::now()).await? {
        writeln!(out, "{} goes on; what waits follows within about a minute.", args.app)?;
    } else {
        writeln!(out, "{} is not paused.", args.app)?;
    }
    Ok(())
}

/// Shows the facts queue.
pub(crate) async fn facts(
    args: FactsArgs,
    stack: &Stack,
    out: &mut impl Write,
) -> Result<(), FleetCommandError> {
    let look = facts_queue::look(&stack.kept_facts()?, args.max).await?;
    if look.facts.is_empty() {
        writeln!(out, "The facts queue is empty.")?;
        return Ok(());
    }
    let rows: Vec<_> = look
        .facts
        .into_iter()
        .map(|fact| {
            [
                fact.since.map(when).unwrap_or_default(),
                fact.marketplace.unwrap_or_default(),
                fact.detail_type.unwrap_or_default(),
                fact.fact_id.unwrap_or_default(),
                fact.reason,
            ]
        })
        .collect();
    Table::new(["SINCE", "MARKETPLACE", "FACT", "ID", "REASON"]).write(&rows, out)?;
    if look.more {
        writeln!(out, "There may be more: give --max.")?;
    }
    Ok(())
}

fn row(app: &AppHealth) -> [String; 7] {
    let paused = app.paused.as_ref().map(|pause| {
        format!("since {}, {} wait: {}", when(pause.since), number(app.parked), pause.note.as_str())
    });
    [
        app.app.to_string(),
        number(app.connected),
        number(app.needs_reconnect),
        app.queue.waiting.to_string(),
        app.queue.under_way.to_string(),
        app.dead_letters.waiting.to_string(),
        paused.unwrap_or_default(),
    ]
}

fn number(counted: BoundedCount) -> String {
    if counted.more { format!("{}+", counted.count) } else { counted.count.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_not_whole_says_so() {
        assert_eq!(number(BoundedCount { count: 7, more: false }), "7");
        assert_eq!(number(BoundedCount { count: 9000, more: true }), "9000+");
    }
}
