//! The change that an action makes.

use serde::{Deserialize, Serialize};

/// The change that an action makes to its effect.
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
