//! Actions that were sent and that no connector has started: they have a verdict and no record.

use std::collections::BTreeSet;

use domain::id::{JobId, RuleId};
use domain::log::{EventRecord, JobRecord, LOST_AFTER};
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use jiff::Timestamp;

/// An action that no connector has started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unstarted {
    /// The action.
    pub job: JobId,
    /// The rule that requested the action.
    pub rule: RuleId,
    /// The trigger that fired.
    pub trigger: Trigger,
    /// The order line, if the trigger fires per line.
    pub line: Option<String>,
    /// Whether the action should have started long ago.
    pub late: bool,
}

impl Unstarted {
    /// The state of the action, for the merchant.
    pub fn message(&self) -> &'static str {
        if self.late {
            "Not started. Its message may be in the dead letters, or have expired. Retry sends it again."
        } else {
            "On its queue. Not started yet."
        }
    }
}

/// The actions of an event that no connector has started.
pub fn unstarted(event: &EventRecord, records: &[JobRecord], now: Timestamp) -> Vec<Unstarted> {
    let started: BTreeSet<JobId> = records.iter().map(|record| record.id).collect();
    let late = now.duration_since(event.judged_at()) > LOST_AFTER;
    let mut found = Vec::new();
    for (trigger, verdicts) in &event.verdicts {
        for judged in verdicts {
            let Verdict::Fired { jobs, .. } = &judged.verdict else { continue };
            found.extend(jobs.iter().filter(|job| !started.contains(job)).map(|job| Unstarted {
                job: *job,
                rule: judged.rule.clone(),
                trigger: *trigger,
                line: judged.line.clone(),
                late,
            }));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;
    use crate::sample;

    #[test]
    fn an_action_without_a_record_is_on_its_queue_at_first_and_may_be_lost_later() {
        let ids = ["0", "4"].map(|last| format!("job_{}{last}", "0".repeat(57)));
        let verdicts = json!({ "product_purchased": [
            { "rule": "rul_1", "line": "li_1", "verdict": { "is": "fired", "jobs": ids } },
            { "rule": "rul_2", "line": "li_1", "verdict": { "is": "disabled" } },
        ] });
        let event = sample::event(json!({ "verdicts": verdicts }));
        let started = [sample::record(ids[0].parse().unwrap(), "held")];
        let at =
            |minutes| unstarted(&event, &started, event.received_at + SignedDuration::from_mins(minutes));
        let [soon] = &at(29)[..] else { panic!("{:?}", at(29)) };
        assert_eq!((soon.job.to_string(), soon.rule.as_str()), (ids[1].clone(), "rul_1"));
        assert!(soon.message().contains("On its queue"), "{soon:?}");
        assert!(at(31)[0].message().contains("Retry sends it again"), "{:?}", at(31));
    }
}
