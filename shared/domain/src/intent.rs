//! What an action wants of the thing it changes.

use serde::{Deserialize, Serialize};

/// What an action wants of its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Switch it on: grant access, add a tag.
    On,
    /// Switch it off: revoke access, remove a tag.
    Off,
    /// Send a message, which has no opposite.
    Send,
}
