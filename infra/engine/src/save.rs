//! `--save`: the file that discarded messages are appended to.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use operations::redrive::{Letter, Record};
use runtime::clock;
use serde_json::json;

/// The file of `--save` cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{file} cannot be opened for writing; nothing was done")]
pub(crate) struct SaveError {
    file: PathBuf,
    #[source]
    source: io::Error,
}

/// A file with one line for each discarded message.
#[derive(Debug)]
pub(crate) struct Lines(File);

impl Lines {
    /// Opens the file for appending, and creates it if needed.
    pub(crate) fn open(path: &Path) -> Result<Self, SaveError> {
        let opened = OpenOptions::new().create(true).append(true).open(path);
        opened.map(Self).map_err(|source| SaveError { file: path.to_owned(), source })
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
