//! The operator's pause of an app for all merchants, for example during an outage of its vendor.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::App;
use crate::outcome::Reason;

/// How long a connector caches an app's pause, or its absence.
pub const KNOWN_FOR: Duration = Duration::from_secs(5);
/// The most characters of a note.
pub const LONGEST_NOTE: usize = 200;

/// A paused app. Its jobs wait until the operator resumes it. The wait does not count as an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPause {
    /// The app.
    pub app: App,
    /// The reason, which merchants read in their Action Log.
    pub note: Note,
    /// The start of the pause.
    pub since: Timestamp,
}

impl AppPause {
    /// The parts of the pause that the Configuration Log shows.
    pub fn excerpt(&self) -> Value {
        json!({ "note": self.note, "since": self.since })
    }

    /// The reason of a waiting job, for the Action Log.
    pub fn reason(&self) -> Reason {
        let (app, note) = (self.app.label(), self.note.as_str().trim_end_matches('.'));
        Reason::new(format!("{app} is paused by the operator: {note}."))
            .hint("No action is needed: the action continues automatically when the pause ends.")
    }
}

/// The reason for a pause: one line that merchants read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Note(String);

/// Text that is not a valid note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the note is not valid: give one line of 1 to {LONGEST_NOTE} characters, which merchants read")]
pub struct InvalidNote;

impl Note {
    /// Trims and validates the text.
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
        let note = Note::new("its API is down.").unwrap();
        let pause = AppPause { app: App::KIT, note, since: Timestamp::UNIX_EPOCH };
        assert_eq!(pause.reason().message, "Kit is paused by the operator: its API is down.");
    }
}
