//! An app that the operator has paused for every merchant: its vendor is down, or it misbehaves.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::outcome::Reason;

/// How long a connector takes an app's pause, or that there is none, as it was read.
pub const KNOWN_FOR: Duration = Duration::from_secs(5);
/// As many characters as a note may have.
pub const LONGEST_NOTE: usize = 200;

/// A paused app. Its jobs wait, and it costs them no attempt, until the operator resumes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPause {
    /// The app.
    pub app: App,
    /// Why, for merchants to read in their Action Log.
    pub note: Note,
    /// Since when.
    pub since: Timestamp,
}

impl AppPause {
    /// What the Action Log says of a job that waits for it.
    pub fn reason(&self) -> Reason {
        let (app, note) = (self.app.label(), self.note.as_str().trim_end_matches('.'));
        Reason::new(format!("{app} is paused by the operator: {note}."))
            .hint("There is nothing to do: the action goes on by itself when the pause ends.")
    }
}

/// Why an app is paused: one line that merchants read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Note(String);

/// A note that cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the note is not valid: give one line of 1 to {LONGEST_NOTE} characters, which merchants read")]
pub struct InvalidNote;

impl Note {
    /// Trims the text and takes it.
    pub fn new(text: &str) -> Result<Self, InvalidNote> {
        let text = text.trim();
        let fits = (1..=LONGEST_NOTE).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidNote) }
    }

    /// The note as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Note {
    type Error = InvalidNote;
    fn try_from(text: String) -> Result<Self, InvalidNote> {
        Self::new(&text)
    }
}

impl From<Note> for String {
    fn from(note: Note) -> String {
        note.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_one_line_that_merchants_can_read() {
        assert_eq!(Note::new("  Kit is down. ").unwrap().as_str(), "Kit is down.");
        for wrong in ["", "  ", "two\nlines", &"x".repeat(201)] {
            assert_eq!(Note::new(wrong), Err(InvalidNote), "{wrong:?}");
        }
    }

    #[test]
    fn the_log_says_who_paused_the_app_and_why() {
        let note = Note::new("its API answers nobody.").unwrap();
        let pause = AppPause { app: App::Kit, note, since: Timestamp::UNIX_EPOCH };
        assert_eq!(pause.reason().message, "Kit is paused by the operator: its API answers nobody.");
    }
}
