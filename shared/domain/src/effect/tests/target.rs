//! The fields of jobs that the ledger uses, and their records.

use jiff::Timestamp;
use serde_json::json;

use crate::effect::Contender;
use crate::id::{EventId, FactKey, JobId, JobPart};
use crate::intent::Intent;
use crate::log::{JobRecord, Status};

/// The fields of a job that the ledger uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) id: JobId,
    pub(super) occurred_at: Timestamp,
    pub(super) intent: Intent,
}

impl Target {
    /// The job of rule number `rule` for fact number `fact`, which occurred `second` seconds after 1970.
    pub(super) fn new(fact: u8, second: i64, intent: Intent, rule: u8) -> Self {
        let occurred_at = Timestamp::from_second(second).unwrap();
        let fact = FactKey::of(&[&fact.to_string()]);
        let event = EventId::new(occurred_at, "0123456789abcdef".parse().unwrap(), fact);
        let part = JobPart::of(&[&rule.to_string(), &format!("{intent:?}")]);
        Self { id: JobId { event, part }, occurred_at, intent }
    }

    pub(super) fn contender(&self) -> Contender {
        Contender { job: self.id, ordered_at: self.occurred_at, intent: self.intent, order: None }
    }

    /// The order of jobs: the newest has the greatest rank. Jobs of equal rank want the same for the same fact.
    pub(super) fn rank(&self) -> (Timestamp, bool, FactKey) {
        (self.occurred_at, self.intent == Intent::Off, self.id.event.fact)
    }

    pub(super) fn record(
        &self,
        status: Status,
        next_attempt: Option<Timestamp>,
        token: &str,
        now: Timestamp,
    ) -> JobRecord {
        let record = json!({
            "id": self.id, "marketplace": "demo", "rule": "rul_1", "trigger": "product_purchased",
            "integration": "int_1", "app": "mailchimp", "action": "add_to_list", "intent": self.intent,
            "email": "ana@example.com", "occurred_at": self.occurred_at, "updated_at": now, "status": status,
            "next_attempt": next_attempt, "attempts": 1, "token": token,
        });
        serde_json::from_value(record).unwrap()
    }
}
