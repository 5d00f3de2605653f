//! Redrives.

use operations::redrive::Redriven;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::Limit;

/// The size of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    /// The maximum number of messages. The call must end within API Gateway's timeout of 30 seconds.
    #[schema(value_type = Option<usize>, minimum = 1, maximum = 50, default = 25)]
    pub(crate) limit: Option<Limit<25, 50>>,
}

impl Batch {
    pub(crate) fn most(&self) -> usize {
        self.limit.unwrap_or_default().get()
    }
}

/// The result of a redrive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RedrivenView {
    /// The number of messages that were redriven.
    #[schema(minimum = 0)]
    pub(crate) moved: usize,
    /// The messages that stay in the queue, with the reason for each.
    pub(crate) stayed: Vec<StayedView>,
    /// Whether the queue has more messages: repeat the request.
    pub(crate) more: bool,
}

/// A message that stays in its queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StayedView {
    /// The SQS message id.
    pub(crate) message: String,
    /// The reason why the message stays.
    pub(crate) reason: String,
}

impl RedrivenView {
    pub(crate) fn new(done: Redriven, most: usize) -> Self {
        let more = done.moved + done.stayed.len() >= most;
        let stayed = done.stayed.into_iter();
        let stayed = stayed.map(|stayed| StayedView { message: stayed.id, reason: stayed.reason }).collect();
        Self { moved: done.moved, stayed, more }
    }
}
