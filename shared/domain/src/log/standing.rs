//! Which result replaces which in a job's record.

use serde::{Deserialize, Serialize};

use super::{JobRecord, Status};
use crate::outcome::Reason;

/// The status and the reason that a job's record has after a result.
///
/// A forced rerun repeats a job that succeeded. Its end is an entry of the history, and does not undo the success:
///
/// | Before | a success | another end | a wait |
/// |---|---|---|---|
/// | a success, or its rerun that waits | replaces it | the success stays | replaces it until the rerun ends |
/// | no record, or another status | replaces it | replaces it | replaces it |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The record's status.
    pub status: Status,
    /// The record's reason.
    pub reason: Option<Reason>,
    /// The success that the record gets back if the rerun ends otherwise.
    pub success: Option<Success>,
}

/// The success of a job whose rerun waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Success {
    status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
}

impl Standing {
    /// The standing of a job after a result, if this was its record before.
    pub fn after(before: Option<&JobRecord>, status: Status, reason: Option<Reason>) -> Self {
        let earlier = before.and_then(JobRecord::succeeded);
        if !status.is_final() {
            return Self { status, reason, success: earlier };
        }
        let Success { status, reason } =
            earlier.filter(|_| !status.took_effect()).unwrap_or(Success { status, reason });
        Self { status, reason, success: None }
    }
}

impl JobRecord {
    /// The success of an earlier run, or of this one.
    fn succeeded(&self) -> Option<Success> {
        if self.status.took_effect() {
            Some(Success { status: self.status, reason: self.reason.clone() })
        } else {
            self.success.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(status: Status) -> JobRecord {
        let record = json!({
            "id": format!("job_{}", "0".repeat(58)), "marketplace": "demo", "rule": "rul_1",
            "trigger": "product_purchased", "integration": "int_1", "app": "mailchimp", "action": "add_tag",
            "intent": "on", "email": "ada@example.com", "occurred_at": "2026-05-04T10:00:00Z",
            "updated_at": "2026-05-04T10:00:05Z", "status": status, "attempts": 1,
            "reason": { "message": "before" },
        });
        serde_json::from_value(record).unwrap()
    }

    fn after(before: Option<&JobRecord>, status: Status) -> Standing {
        Standing::after(before, status, Some(Reason::new("now")))
    }

    #[test]
    fn only_another_success_replaces_a_success() {
        for &status in Status::ALL {
            let [performed, fresh] = [Some(record(Status::Performed)), None];
            let standing = after(performed.as_ref(), status);
            let stays = status.is_final() && !status.took_effect();
            let expected = if stays { (Status::Performed, "before") } else { (status, "now") };
            let reason = |standing: &Standing| standing.reason.clone().unwrap().message;
            assert_eq!((standing.status, &*reason(&standing)), expected);
            assert_eq!(
                standing.success.is_some(),
                !status.is_final(),
                "{status}: it is kept while the rerun waits"
            );
            for other in [fresh, Some(record(Status::Rejected)), Some(record(Status::Retrying))] {
                let standing = after(other.as_ref(), status);
                assert_eq!((standing.status, &*reason(&standing), standing.success), (status, "now", None));
            }
        }
    }

    #[test]
    fn a_success_outlives_any_number_of_waits_of_its_rerun() {
        let mut before = record(Status::AlreadySo);
        for waits in [Status::Retrying, Status::Held, Status::RateLimited] {
            let Standing { status, reason, success } = after(Some(&before), waits);
            assert_eq!((status, reason), (waits, Some(Reason::new("now"))));
            before = JobRecord { success, ..record(waits) };
        }
        let stored = serde_json::to_value(&before).unwrap();
        let before: JobRecord = serde_json::from_value(stored).unwrap();
        let rejected = after(Some(&before), Status::Rejected);
        assert_eq!((rejected.status, rejected.reason), (Status::AlreadySo, Some(Reason::new("before"))));
        let performed = after(Some(&before), Status::Performed);
        assert_eq!((performed.status, performed.success), (Status::Performed, None));
    }
}
