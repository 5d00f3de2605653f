//! A batch of a redrive, as it is asked for and answered.

use operations::redrive::Redriven;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::Limit;

/// How much to bring back in one call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    /// At most so many messages: a call has to be done within API Gateway's 30 seconds.
    #[schema(value_type = Option<usize>, minimum = 1, maximum = 50, default = 25)]
    limit: Option<Limit<25, 50>>,
}

impl Batch {
    pub(super) fn most(&self) -> usize {
        self.limit.unwrap_or_default().get()
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
