//! Reruns: a job runs again because an operator requests it.
//!
//! A job that has ended stays ended however often its message arrives. To run it again, it is sent with a [`Rerun`].
//! The run's id distinguishes a new request from a message that SQS delivers twice. The job's record stores the id of
//! the latest run, so each run ends once. A newer fact's decision applies to every run.

use crate::job::Job;
use crate::log::JobRecord;
use crate::run::{Rerun, RunId};

impl Job {
    /// Whether, according to `record`, the job needs no further call.
    pub fn is_over(&self, record: &JobRecord) -> bool {
        if !record.status.is_final() {
            return false;
        }
        let Some(again) = &self.rerun else { return true };
        let has_run = record.run.as_ref().is_some_and(|run| *run >= again.run);
        has_run || (record.status.took_effect() && !again.forced)
    }

    /// Whether `record` belongs to the job's current run; a later run starts from zero.
    pub fn continues(&self, record: &JobRecord) -> bool {
        let is_earlier = |again: &Rerun| record.run.as_ref().is_none_or(|run| *run < again.run);
        !self.rerun.as_ref().is_some_and(is_earlier)
    }

    /// The run of an attempt: the job's own, or the later one in its record.
    pub fn run(&self, record: Option<&JobRecord>) -> Option<RunId> {
        let own = self.rerun.as_ref().map(|again| again.run.clone());
        own.max(record.and_then(|record| record.run.clone()))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::log::Status;

    fn run(second: i64) -> RunId {
        RunId::new(Timestamp::from_second(1_780_000_000 + second).unwrap(), "x")
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers have it to give")]
    fn job(again: Option<Rerun>) -> Job {
        let job = json!({
            "v": "1", "id": format!("job_{}", "0".repeat(58)), "marketplace": "demo", "integration": "int_1",
            "app": "mailchimp", "rule": "rul_1", "trigger": "product_purchased", "action": "add_tag",
            "settings": {}, "contact": { "email": "ada@example.com" }, "rerun": again,
            "effect": { "key": "0".repeat(24), "intent": "on" }, "occurred_at": "2026-05-04T10:00:00Z",
            "ordered_at": "2026-05-04T10:00:00Z",
        });
        serde_json::from_value(job).unwrap()
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers have it to give")]
    fn record(status: Status, run: Option<RunId>) -> JobRecord {
        let record = json!({
            "id": format!("job_{}", "0".repeat(58)), "marketplace": "demo", "rule": "rul_1",
            "trigger": "product_purchased", "integration": "int_1", "app": "mailchimp", "action": "add_tag",
            "intent": "on", "email": "ada@example.com", "occurred_at": "2026-05-04T10:00:00Z",
            "updated_at": "2026-05-04T10:00:05Z", "status": status, "attempts": 8, "run": run,
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn a_job_without_a_rerun_is_over_once_it_has_ended() {
        for &status in Status::ALL {
            assert_eq!(job(None).is_over(&record(status, None)), status.is_final(), "{status:?}");
            assert_eq!(job(None).is_over(&record(status, Some(run(1)))), status.is_final(), "{status:?}");
        }
    }

    #[test]
    fn asked_for_again_what_failed_runs_and_what_took_effect_does_not() {
        let again = job(Some(Rerun { run: run(1), forced: false, as_sent: false }));
        for &status in Status::ALL {
            assert_eq!(again.is_over(&record(status, None)), status.took_effect(), "{status:?}");
        }
    }

    #[test]
    fn forced_even_what_took_effect_runs() {
        let forced = job(Some(Rerun { run: run(1), forced: true, as_sent: false }));
        assert!(Status::ALL.iter().all(|status| !forced.is_over(&record(*status, None))));
    }

    #[test]
    fn each_run_ends_once_however_often_and_late_its_message_arrives() {
        for forced in [false, true] {
            let again = job(Some(Rerun { run: run(1), forced, as_sent: false }));
            for &status in Status::ALL {
                for marked in [run(1), run(2)] {
                    let over = again.is_over(&record(status, Some(marked)));
                    assert_eq!(over, status.is_final(), "{status:?}");
                }
                let earlier = record(status, Some(run(0)));
                assert_eq!(again.is_over(&earlier), status.took_effect() && !forced, "{status:?}");
            }
        }
    }

    #[test]
    fn a_new_run_begins_anew_and_then_continues_its_own_record() {
        let again = job(Some(Rerun { run: run(1), forced: false, as_sent: false }));
        assert!(!again.continues(&record(Status::Exhausted, None)));
        assert!(!again.continues(&record(Status::Exhausted, Some(run(0)))));
        assert!(again.continues(&record(Status::Retrying, Some(run(1)))));
        assert!(job(None).continues(&record(Status::Retrying, Some(run(1)))));
    }

    #[test]
    fn an_old_message_does_not_make_a_record_forget_its_latest_run() {
        let latest = record(Status::Retrying, Some(run(2)));
        assert_eq!(job(None).run(Some(&latest)), Some(run(2)));
        assert_eq!(
            job(Some(Rerun { run: run(1), forced: true, as_sent: false })).run(Some(&latest)),
            Some(run(2))
        );
        assert_eq!(
            job(Some(Rerun { run: run(3), forced: true, as_sent: false })).run(Some(&latest)),
            Some(run(3))
        );
        assert_eq!(job(None).run(None), None);
    }

    #[test]
    fn a_message_without_a_rerun_omits_the_field() {
        let plain = serde_json::to_value(job(None)).unwrap();
        assert!(plain.get("rerun").is_none());
        let again = job(Some(Rerun { run: run(1), forced: true, as_sent: false }));
        assert_eq!(serde_json::from_value::<Job>(serde_json::to_value(&again).unwrap()).unwrap(), again);
    }
}
