//! Counting the actions of a period.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use domain::id::RuleId;
use domain::log::{JobRecord, Status};
use domain::time;
use jiff::Timestamp;

use super::period::Period;

/// The counts of a period.
#[derive(Debug)]
pub(super) struct Counted<'a> {
    pub(super) statuses: BTreeMap<Status, usize>,
    pub(super) buckets: Vec<Bucket>,
    /// The rules with failures, most first.
    pub(super) failing: Vec<(RuleId, Failing)>,
    /// The actions that failed today, newest first.
    pub(super) failed_today: Vec<&'a JobRecord>,
}

/// The actions of a part of the period, by the time of their facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// When the part begins.
    pub start: Timestamp,
    /// The number of actions by status.
    pub statuses: BTreeMap<Status, usize>,
}

/// The failures of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Failing {
    /// The number of actions that failed.
    pub count: usize,
    /// The action that failed last.
    pub last: JobRecord,
}

/// Actions that wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Their number.
    pub actions: usize,
    /// The earliest next attempt.
    pub next_attempt: Option<Timestamp>,
}

impl Waiting {
    /// The actions that wait, among these.
    pub(super) fn of<'a>(actions: impl Iterator<Item = &'a JobRecord>) -> Self {
        let mut waiting = Self::default();
        for action in actions.filter(|action| !action.status.is_final()) {
            waiting.actions += 1;
            let next = waiting.next_attempt.into_iter().chain(action.next_attempt).min();
            waiting.next_attempt = next;
        }
        waiting
    }
}

impl<'a> Counted<'a> {
    /// `exceptions`: those of the actions, and older ones.
    pub(super) fn of(actions: &[JobRecord], exceptions: &[&'a JobRecord], period: Period) -> Self {
        let mut statuses = BTreeMap::new();
        let mut buckets = buckets(period);
        let mut failing: BTreeMap<&RuleId, (usize, &JobRecord)> = BTreeMap::new();
        for action in actions {
            *statuses.entry(action.status).or_default() += 1;
            let number = buckets.partition_point(|bucket| bucket.start <= action.occurred_at);
            if let Some(bucket) = number.checked_sub(1).and_then(|index| buckets.get_mut(index)) {
                *bucket.statuses.entry(action.status).or_default() += 1;
            }
        }
        let failed = exceptions.iter().copied().filter(|action| action.status.has_failed());
        for action in failed.clone() {
            let (count, last) = failing.entry(&action.rule).or_insert((0, action));
            *count += 1;
            if action.updated_at > last.updated_at {
                *last = action;
            }
        }
        let own = |(rule, (count, last)): (&RuleId, (usize, &JobRecord))| {
            (rule.clone(), Failing { count, last: last.clone() })
        };
        let mut failing: Vec<_> = failing.into_iter().map(own).collect();
        failing.sort_by_key(|(_, failing)| (Reverse(failing.count), Reverse(failing.last.updated_at)));
        let mut failed_today: Vec<_> = failed.filter(|action| action.updated_at >= period.today).collect();
        failed_today.sort_by_key(|action| Reverse(action.updated_at));
        Self { statuses, buckets, failing, failed_today }
    }
}

/// The empty buckets of a period. The last one may be shorter.
fn buckets(period: Period) -> Vec<Bucket> {
    let next = |start: &Timestamp| Some(time::after(*start, period.bucket()));
    let starts = std::iter::successors(Some(period.since), next).take_while(|start| *start < period.until);
    starts.map(|start| Bucket { start, statuses: BTreeMap::new() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, record};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn period(since: &str, until: &str) -> Period {
        Period { since: at(since), until: at(until), today: at("2026-05-04T00:00:00Z") }
    }

    fn action(rule: &str, status: &str, occurred: &str, updated: &str) -> JobRecord {
        let event = sample::event(serde_json::json!({}));
        let id = domain::id::JobId { event: event.id, part: domain::id::JobPart::of(&[rule]) };
        let (occurred_at, updated_at) = (at(occurred), at(updated));
        JobRecord { rule: rule.parse().unwrap(), occurred_at, updated_at, ..record(id, status) }
    }

    #[test]
    fn a_short_period_has_hours_and_a_long_one_days_and_the_last_may_be_shorter() {
        for (until, count, last) in [
            ("2026-05-02T11:30:00Z", 26, "2026-05-02T11:00:00Z"),
            ("2026-05-03T10:00:00Z", 2, "2026-05-02T10:00:00Z"),
            ("2026-05-03T10:00:01Z", 3, "2026-05-03T10:00:00Z"),
        ] {
            let buckets = buckets(period("2026-05-01T10:00:00Z", until));
            assert_eq!((buckets.len(), buckets.last().unwrap().start), (count, at(last)), "{until}");
        }
    }

    #[test]
    fn actions_are_counted_at_the_time_of_their_facts() {
        let actions = [
            action("rul_1", "performed", "2026-05-04T00:00:00Z", "2026-05-04T00:00:01Z"),
            action("rul_1", "held", "2026-05-03T23:59:59Z", "2026-05-04T00:00:01Z"),
            action("rul_1", "performed", "2026-05-01T00:00:00Z", "2026-05-04T00:00:01Z"),
        ];
        let counted = Counted::of(&actions, &[], period("2026-05-01T00:00:00Z", "2026-05-05T00:00:00Z"));
        assert_eq!(counted.statuses, BTreeMap::from([(Status::Performed, 2), (Status::Held, 1)]));
        let told: Vec<_> = counted.buckets.iter().map(|bucket| bucket.statuses.clone()).collect();
        let one = |status| BTreeMap::from([(status, 1)]);
        let expected = [one(Status::Performed), BTreeMap::new(), one(Status::Held), one(Status::Performed)];
        assert_eq!(told, expected);
    }

    #[test]
    fn the_rule_that_fails_most_comes_first_with_its_last_failure() {
        let actions = [
            action("rul_1", "rejected", "2026-05-04T01:00:00Z", "2026-05-04T02:00:00Z"),
            action("rul_2", "rejected", "2026-05-03T02:00:00Z", "2026-05-03T03:00:00Z"),
            action("rul_2", "exhausted", "2026-05-03T01:00:00Z", "2026-05-04T03:00:00Z"),
            action("rul_3", "canceled", "2026-05-04T01:00:00Z", "2026-05-04T02:00:00Z"),
            action("rul_3", "superseded", "2026-05-04T01:00:00Z", "2026-05-04T02:00:00Z"),
        ];
        let exceptions: Vec<_> = actions.iter().collect();
        let period = period("2026-05-01T00:00:00Z", "2026-05-05T00:00:00Z");
        let counted = Counted::of(&actions[..1], &exceptions, period);
        assert_eq!(counted.statuses, BTreeMap::from([(Status::Rejected, 1)]), "older ones are not counted");
        let told: Vec<_> =
            counted.failing.iter().map(|(rule, failing)| (rule.as_str(), failing.count)).collect();
        assert_eq!(told, [("rul_2", 2), ("rul_1", 1)]);
        assert_eq!(counted.failing[0].1.last.status, Status::Exhausted);
        let today: Vec<_> = counted.failed_today.iter().map(|action| action.rule.as_str()).collect();
        assert_eq!(today, ["rul_2", "rul_1"], "the newest change first");
    }

    #[test]
    fn what_waits_has_the_earliest_next_attempt() {
        let next = |status: &str, next: Option<&str>| JobRecord {
            next_attempt: next.map(at),
            ..action("rul_1", status, "2026-05-04T01:00:00Z", "2026-05-04T02:00:00Z")
        };
        let actions = [
            next("retrying", Some("2026-05-04T04:00:00Z")),
            next("held", None),
            next("rate_limited", Some("2026-05-04T03:00:00Z")),
            next("performed", None),
        ];
        let expected = Waiting { actions: 3, next_attempt: Some(at("2026-05-04T03:00:00Z")) };
        assert_eq!(Waiting::of(actions.iter()), expected);
    }
}
