//! `engine redrive`: returns dead letters to their queue, and publishes kept facts again.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aws::dead_letters::Letter;
use domain::app::App;
use operations::redrive::{self, Record, Redrive, Redriven};
use runtime::clock;
use serde_json::json;

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
    #[error("{file} cannot be opened for writing; nothing was done")]
    Save {
        /// The file.
        file: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
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
            let mut file = match save.filter(|_| discard_poison) {
                Some(path) => {
                    Some(Lines::open(&path).map_err(|source| RedriveError::Save { file: path, source })?)
                }
                None => None,
            };
            let discard = file.as_mut().map(|file| file as &mut dyn Record);
            let done = redrive::jobs(app, &stack.dead_letters(app)?, &stack.queues(), max, discard).await?;
            drop(progress);
            write(&done, &format!("back on the queue of {app}"), out)?;
        }
        Command::Facts { max } => {
            let (bus, functions) = (stack.bus(), stack.functions());
            let redrive_to =
                Redrive { bus: &bus, functions: &functions, prospects: stack.function("prospects")? };
            let done = redrive::facts(&stack.kept_facts()?, &redrive_to, max).await?;
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

/// A file with one line for each discarded message.
pub(crate) struct Lines(File);

impl Lines {
    /// Opens the file for appending, and creates it if needed.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).open(path).map(Self)
    }
}

impl Record for Lines {
    fn record(&mut self, letter: &Letter, reason: &str) -> io::Result<()> {
        let line = json!({ "at": clock::now(), "id": letter.id, "reason": reason, "body": letter.body });
        writeln!(self.0, "{line}")?;
        // A message may be deleted from the queue only after it is on disk.
        self.0.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use operations::redrive::Stayed;

    use super::*;

    #[test]
    fn what_stays_is_told_with_its_reason() {
        let stayed = vec![Stayed { id: "m1".to_owned(), reason: "it is not a job".to_owned() }];
        let mut out = Vec::new();
        write(&Redriven { moved: 2, discarded: 0, stayed }, "published again", &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "2 published again.\n1 stay in the queue:\n  m1: it is not a job\n"
        );
    }
}
