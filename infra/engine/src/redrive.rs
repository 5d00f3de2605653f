//! `engine redrive`: returns dead letters to their queue, and publishes kept facts again.

use std::io::{self, Write};
use std::path::PathBuf;

use domain::app::App;
use operations::redrive::{self, Record, Redriven};

use crate::save::{Lines, SaveError};
use crate::stack::{Stack, StackError};
use crate::table::printable;
use crate::terminal::Progress;

/// Redrive dead letters and refused facts
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Return an app's dead letters to its queue
    Dlq {
        /// The app's key, such as mailchimp
        app: App,
        /// The maximum number of messages
        #[arg(long, value_name = "N", default_value_t = 1000)]
        max: usize,
        /// Delete messages that are not jobs after they are written to the file of --save
        #[arg(long, requires = "save")]
        discard_poison: bool,
        /// The file to which deleted messages are appended, as JSON, one per line
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
    },
    /// Publish facts again that could not be planned, and continue prospects whose timer had ended
    Facts {
        /// The maximum number of messages
        #[arg(long, value_name = "N", default_value_t = 1000)]
        max: usize,
    },
}

/// The reason why a redrive failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RedriveError {
    /// No deployment is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The file of --save cannot be written.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// Not all messages were redriven.
    #[error(transparent)]
    Redrive(#[from] redrive::RedriveError),
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Redrives messages.
pub(crate) async fn run(command: Command, stack: &Stack, out: &mut impl Write) -> Result<(), RedriveError> {
    let progress = Progress::start("Moving messages");
    match command {
        Command::Dlq { app, max, discard_poison, save } => {
            let mut file = save.filter(|_| discard_poison).map(|path| Lines::open(&path)).transpose()?;
            let discard = file.as_mut().map(|file| file as &mut dyn Record);
            let done = stack.engine()?.fleet().redrive(app, max, discard).await?;
            drop(progress);
            write(&done, &format!("back on the queue of {app}"), out)?;
        }
        Command::Facts { max } => {
            let done = stack.engine()?.facts().redrive(max).await?;
            drop(progress);
            write(&done, "published again", out)?;
        }
    }
    Ok(())
}

fn write(done: &Redriven, moved: &str, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} {moved}.", done.moved)?;
    if done.discarded > 0 {
        writeln!(out, "{} discarded and saved to the file.", done.discarded)?;
    }
    if !done.stayed.is_empty() {
        writeln!(out, "{} stay in the queue:", done.stayed.len())?;
    }
    for stayed in &done.stayed {
        writeln!(out, "  {}: {}", stayed.id, printable(&stayed.reason))?;
    }
    Ok(())
}
