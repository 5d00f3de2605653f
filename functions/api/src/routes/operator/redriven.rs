//! The request and the response of a redrive.

use operations::redrive::{RedriveError, Redriven};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::Limit;
use crate::problem::Problem;

/// The size of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    /// The maximum number of messages. The call must end within API Gateway's timeout of 30 seconds.
    #[schema(value_type = Option<usize>, minimum = 1, maximum = 50, default = 25)]
    limit: Option<Limit<25, 50>>,
}

impl Batch {
    pub(super) fn most(&self) -> usize {
        self.limit.unwrap_or_default().get()
    }
}

/// The result of a redrive.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RedrivenView {
    /// The number of messages that were redriven.
    #[schema(minimum = 0)]
    moved: usize,
    /// The messages that stay in the queue, with the reason for each.
    stayed: Vec<StayedView>,
    /// Whether the queue has more messages: repeat the request.
    more: bool,
}

/// A message that stays in its queue.
#[derive(Debug, Serialize, ToSchema)]
struct StayedView {
    /// The SQS message id.
    message: String,
    /// The reason why the message stays.
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

impl From<RedriveError> for Problem {
    fn from(error: RedriveError) -> Self {
        Self::unavailable(&error)
    }
}
