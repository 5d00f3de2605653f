//! The identity of a run: an operator's request to run a job again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::time_key;

/// An operator's request to run a job again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rerun {
    /// The run's id.
    pub run: RunId,
    /// Whether an action that took effect is performed again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forced: bool,
    /// Whether the job is replayed as sent, so that a rule that is disabled now does not cancel it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_sent: bool,
}

/// The id of a run. Ids sort by the time of the request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

impl RunId {
    /// The id of a run that is requested at `now`. `unique` distinguishes runs of the same millisecond.
    pub fn new(now: Timestamp, unique: &str) -> Self {
        Self(format!("run_{}{}", time_key(now), unique))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
