//! `engine fleet`, `pause` and `resume`: operations for all merchants.

use std::io::{self, Write};

use domain::app::App;
use domain::pause::Note;
use operations::BoundedCount;
use operations::fleet::{AppHealth, FleetError};
use runtime::clock;
use serde_json::json;

use crate::json;
use crate::reading::Format;
use crate::stack::{Stack, StackError};
use crate::table::{Table, printable, when};

/// Show the health of each app for all merchants: accounts, queue, dead letters, pause
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    format: Format,
}

/// Pause an app for all merchants: its jobs wait and none is lost
#[derive(Debug, clap::Args)]
pub(crate) struct PauseArgs {
    /// The app's key, such as mailchimp
    app: App,
    /// The reason, which merchants see in their Action Log
    #[arg(long, value_name = "TEXT")]
    note: String,
}

/// Resume a paused app: its jobs continue
#[derive(Debug, clap::Args)]
pub(crate) struct ResumeArgs {
    /// The app's key, such as mailchimp
    app: App,
}

/// The reason why an operation failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FleetCommandError {
    /// No deployment is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The note is not valid.
    #[error(transparent)]
    Note(#[from] domain::pause::InvalidNote),
    /// DynamoDB or SQS did not respond.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Shows the health of each app.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), FleetCommandError> {
    let apps = stack.engine()?.fleet().apps().await?;
    if args.format.json {
        return Ok(json::lines(apps.iter().map(health), out)?);
    }
    let rows: Vec<_> = apps.iter().map(row).collect();
    let header = ["APP", "CONNECTED", "NEED RECONNECT", "QUEUED", "UNDER WAY", "DEAD", "PAUSED"];
    Table::new(header).cutting(&["PAUSED"]).write(&rows, out)?;
    Ok(())
}

/// Pauses an app.
pub(crate) async fn pause(
    args: PauseArgs,
    stack: &Stack,
    out: &mut impl Write,
) -> Result<(), FleetCommandError> {
    let note = Note::new(&args.note)?;
    let pause = stack.engine()?.fleet().pause(args.app, &note, clock::now()).await?;
    writeln!(out, "{} is paused since {}: {}", args.app, when(pause.since), printable(note.as_str()))?;
    Ok(())
}

/// Resumes an app.
pub(crate) async fn resume(
    args: ResumeArgs,
    stack: &Stack,
    out: &mut impl Write,
) -> Result<(), FleetCommandError> {
    if stack.engine()?.fleet().resume(args.app, clock::now()).await? {
        writeln!(out, "{} is resumed; its waiting jobs continue within about a minute.", args.app)?;
    } else {
        writeln!(out, "{} is not paused.", args.app)?;
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

fn health(app: &AppHealth) -> serde_json::Value {
    let count = |counted: BoundedCount| json!({ "count": counted.count, "more": counted.more });
    json!({
        "app": app.app, "connected": count(app.connected), "needs_reconnect": count(app.needs_reconnect),
        "queued": app.queue.waiting, "under_way": app.queue.under_way, "dead": app.dead_letters.waiting,
        "parked": count(app.parked), "paused": app.paused,
    })
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
