//! The message that a receiver gets.

use std::borrow::Cow;

use domain::job::Job;
use domain::outcome::{Reason, Setback};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Map;
use serde_json::value::{RawValue, to_raw_value};

/// The body of the request: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    /// The trigger's name, or `test`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The same for every attempt, so that a receiver can recognize repeated messages.
    id: String,
    /// The time of the event.
    timestamp: Timestamp,
    /// The fact's detail as published; for a message about one line, `item` replaces `items`.
    data: Cow<'a, RawValue>,
}

/// The job has no event, which is a fault of the engine.
pub fn nothing_to_tell() -> Setback {
    Setback::Rejected {
        reason: Reason::new("The action came without its event, which is a fault of the engine."),
    }
}

impl<'a> Message<'a> {
    /// The job's message; `None` if the job has no event.
    pub fn of(job: &'a Job) -> Option<Self> {
        let data = Cow::Borrowed(job.payload.as_ref()?.json());
        Some(Self { kind: job.trigger.key(), id: job.id.to_string(), timestamp: job.occurred_at, data })
    }

    /// The message of a connection test, without an event.
    pub fn test(now: Timestamp) -> Self {
        let id = format!("test_{}", now.as_millisecond());
        let nothing = to_raw_value(&Map::new()).unwrap_or_default();
        Self { kind: "test", id, timestamp: now, data: Cow::Owned(nothing) }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }
}
