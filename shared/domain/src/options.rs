//! What an app offers to choose from, as Refresh pulled it: lists, tags, offers, courses, spaces.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most that is kept of one option list. Beyond it a merchant types the value.
pub const MOST: usize = 10_000;

/// One of an account's option lists, as it was at its last Refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The list's key in the app's manifest.
    pub list: String,
    /// What can be chosen.
    pub items: Vec<OptionItem>,
    /// When it was pulled.
    pub at: Timestamp,
    /// Whether the app has more than [`MOST`].
    pub truncated: bool,
}

/// One thing to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionItem {
    /// What a rule stores.
    pub value: String,
    /// The name that a merchant reads.
    pub label: String,
    /// The value, in another list of the app's, that it belongs to: a tag's audience. Absent where it stands by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

impl OptionItem {
    /// One that stands by itself.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), parent: None }
    }
}
