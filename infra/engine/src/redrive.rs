//! `engine redrive`: dead letters back to their queue, and kept facts back on their way.

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

/// Send dead letters and refused facts back where they belong
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Put an app's dead letters back on its queue
    Dlq {
        /// The app's key, such as mailchimp
        app: App,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 1000)]
        max: usize,
        /// Delete what is no job, once it is written to the file of --save
        #[arg(long, requires = "save")]
        discard_poison: bool,
        /// Where what is deleted is kept: JSON, a line each; what the file holds already stays
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
    },
    /// Publish facts that could not be planned once more, and go on with prospects whose time was over
    Facts {
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 1000)]
        max: usize,
    },
}

/// Messages that are not brought back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RedriveError {
    /// No deployment.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The file of --save cannot be written.
    #[error("{file} cannot be opened for writing; nothing was done")]
    Save {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Not all went through.
    #[error(transparent)]
    Redrive(#[from] redrive::RedriveError),
    /// The terminal is gone.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Brings back.
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
            write(&done, "back on their way", out)?;
        }
    }
    Ok(())
}

fn write(done: &Redriven, moved: &str, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} {moved}.", done.moved)?;
    if done.discarded > 0 {
        writeln!(out, "{} discarded; the file has them.", done.discarded)?;
    }
    if !done.stayed.is_empty() {
        writeln!(out, "{} stay where they are:", done.stayed.len())?;
    }
    for stayed in &done.stayed {
        writeln!(out, "  {}: {}", stayed.id, printable(&stayed.reason))?;
    }
    Ok(())
}

/// A file with a line for each letter that is given up.
pub(crate) struct Lines(File);

impl Lines {
    /// The file, created if need be; what it holds stays.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).open(path).map(Self)
    }
}

impl Record for Lines {
    fn record(&mut self, letter: &Letter, reason: &str) -> io::Result<()> {
        let line = json!({ "at": clock::now(), "id": letter.id, "reason": reason, "body": letter.body });
        writeln!(self.0, "{line}")?;
        // Only what the disk has may be deleted from the queue.
        self.0.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use operations::redrive::Stayed;

    use super::*;

    #[test]
    fn what_stays_is_told_with_its_reason() {
        let stayed = vec![Stayed { id: "m1".to_owned(), reason: "it is no job".to_owned() }];
        let mut out = Vec::new();
        write(&Redriven { moved: 2, discarded: 0, stayed }, "back on their way", &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "2 back on their way.\n1 stay where they are:\n  m1: it is no job\n"
        );
    }
}
