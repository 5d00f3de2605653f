//! `engine facts`: reading the facts queue, and discarding messages that can never be planned.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use operations::facts::{KeptFact, QueueError};
use operations::redrive;
use serde_json::json;

use crate::json;
use crate::reading::Format;
use crate::save::{Lines, SaveError};
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};
use crate::terminal::Progress;

/// Show the facts queue, or delete messages from it
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    /// The maximum number of messages
    #[arg(long, value_name = "N", default_value_t = 25)]
    max: usize,
    #[command(flatten)]
    format: Format,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Delete messages after they are written to the file of --save
    Discard {
        /// The messages' ids, as `engine facts` prints them
        #[arg(value_name = "MESSAGE", required = true)]
        messages: Vec<String>,
        /// The file to which deleted messages are appended, as JSON, one per line
        #[arg(long, value_name = "FILE")]
        save: PathBuf,
    },
}

/// The reason why a command on the facts queue failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FactsError {
    /// No deployment is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// SQS did not respond.
    #[error("the facts queue cannot be read")]
    Queue(#[from] QueueError),
    /// The file of --save cannot be written.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// Not all messages were discarded.
    #[error(transparent)]
    Discard(#[from] redrive::RedriveError),
    /// Messages are not in the queue.
    #[error(
        "message {} is not in the facts queue, or another reader has it now; `engine facts` lists the messages there",
        .0.join(", ")
    )]
    Unknown(Vec<String>),
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Shows the queue, or deletes messages from it.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), FactsError> {
    let engine = stack.engine()?;
    let progress = Progress::start("Reading the facts queue");
    if let Some(Command::Discard { messages, save }) = args.command {
        let mut file = Lines::open(&save)?;
        let wanted: BTreeSet<String> = messages.into_iter().collect();
        let discarded = engine.facts().discard(&wanted, &mut file).await?;
        drop(progress);
        writeln!(out, "{} discarded and saved to {}.", discarded.len(), save.display())?;
        let missing: Vec<_> = wanted.difference(&discarded).cloned().collect();
        return if missing.is_empty() { Ok(()) } else { Err(FactsError::Unknown(missing)) };
    }
    let look = engine.facts().kept(args.max).await?;
    drop(progress);
    if args.format.json {
        return Ok(json::lines(look.facts.iter().map(fact), out)?);
    }
    if look.facts.is_empty() {
        writeln!(out, "The facts queue is empty.")?;
        return Ok(());
    }
    let rows: Vec<_> = look.facts.into_iter().map(row).collect();
    let table = Table::new(["SINCE", "MARKETPLACE", "FACT", "ID", "REASON", "MESSAGE"]);
    table.cutting(&["FACT", "ID", "REASON"]).write(&rows, out)?;
    if look.more {
        writeln!(out, "There may be more; --max raises the number.")?;
    }
    Ok(())
}

fn row(fact: KeptFact) -> [String; 6] {
    [
        fact.since.map(when).unwrap_or_default(),
        fact.marketplace.unwrap_or_default(),
        fact.detail_type.unwrap_or_default(),
        fact.fact_id.unwrap_or_default(),
        fact.reason,
        fact.id,
    ]
}

fn fact(fact: &KeptFact) -> serde_json::Value {
    json!({
        "message": fact.id, "since": fact.since, "marketplace_id": fact.marketplace, "detail_type": fact.detail_type,
        "fact_id": fact.fact_id, "reason": fact.reason, "by": fact.by, "stays": fact.stays,
    })
}
