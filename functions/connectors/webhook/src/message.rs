//! What a receiver gets to read.

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
    /// The same however often it is sent, so that a receiver can tell what it has seen.
    id: String,
    /// When it happened.
    timestamp: Timestamp,
    /// The fact's detail as it was published; with `item` in place of `items` where the message is about one line.
    data: Cow<'a, RawValue>,
}

/// The job came without what it is about, which is a mistake of ours.
pub fn nothing_to_tell() -> Setback {
    Setback::Rejected {
        reason: Reason::new("The action came without its event, which is a fault of the engine."),
    }
}

impl<'a> Message<'a> {
    /// The job's message; `None` if it has nothing to tell.
    pub fn of(job: &'a Job) -> Option<Self> {
        let data = Cow::Borrowed(job.payload.as_ref()?.json());
        Some(Self { kind: job.trigger.key(), id: job.id.to_string(), timestamp: job.occurred_at, data })
    }

    /// Tells that nothing happened: the connection is being tested.
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
