//! A batch of a redrive, as it is asked for and answered.

use operations::redrive::Redriven;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// As many messages as one call moves: it has to be done within API Gateway's 30 seconds.
const MOST: usize = 50;
/// As many as it moves where the request does not say.
const USUAL: usize = 25;

/// How much to bring back in one call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    /// At most so many messages.
    #[schema(minimum = 1, maximum = 50, default = 25)]
    limit: Option<usize>,
}

impl Batch {
    pub(super) fn most(&self) -> Result<usize, Problem> {
        match self.limit.unwrap_or(USUAL) {
            most @ 1..=MOST => Ok(most),
            _ => Err(Problem::invalid("/limit", format!("It must be 1 to {MOST}; call again for the rest."))),
        }
    }
}

/// What came of a redrive.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RedrivenView {
    /// How many messages went back where they belong.
    #[schema(minimum = 0)]
    moved: usize,
    /// Those that stay, and why each does.
    stayed: Vec<StayedView>,
    /// Whether the call ended before the queue did: call again.
    more: bool,
}

/// A message that stays in its queue.
#[derive(Debug, Serialize, ToSchema)]
struct StayedView {
    /// SQS's id of the message.
    message: String,
    /// Why it stays.
    reason: String,
}

impl RedrivenView {
    pub(super) fn new(done: Redriven, most: usize) -> Self {
        let more = done.moved + done.stayed.len() >= most;
        let stayed = done.stayed.into_iter();
        let stayed = stayed.map(|stayed| StayedView { message: stayed.id, reason: stayed.reason }).collect();
        Self { moved: done.moved, stayed, more }
    }
}
