//! The identity of a run: an operator's request that a job run again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::time_key;

/// An operator's request that a job run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rerun {
    /// The run's id.
    pub run: RunId,
    /// Whether an action that took effect is done a second time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forced: bool,
    /// Whether it is what was sent before, so that a rule that is disabled now does not cancel it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_sent: bool,
}

/// The id of a run. The ids of later runs sort behind it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

impl RunId {
    /// A run that is requested at `now`; `unique` tells it from others of the same millisecond.
    pub fn new(now: Timestamp, unique: &str) -> Self {
        Self(format!("run_{}{}", time_key(now), unique))
    }
}
