//! What a receiver gets to read.

use domain::id::JobId;
use domain::job::Job;
use domain::trigger::Trigger;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// The body of the request: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    /// The trigger's name.
    #[serde(rename = "type")]
    kind: Trigger,
    /// The same however often it is sent, so that a receiver can tell what it has seen.
    id: JobId,
    /// When it happened.
    timestamp: Timestamp,
    /// The fact's detail; with `item` in place of `items` where the message is about one line.
    data: &'a Value,
}

impl<'a> Message<'a> {
    /// The job's message; `None` if it has nothing to tell.
    pub fn of(job: &'a Job) -> Option<Self> {
        let data = job.payload.as_ref()?;
        Some(Self { kind: job.trigger, id: job.id, timestamp: job.occurred_at, data })
    }
}
