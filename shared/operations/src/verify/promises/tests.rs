//! One history that keeps every promise, and one small change of it for each promise.

use domain::id::JobPart;
use domain::outcome::Reason;
use serde_json::json;

use super::*;
use crate::sample;

/// An event with a rule and its performed action, an hour later.
struct Kept {
    event: EventRecord,
    records: Vec<JobRecord>,
    waits: Waits,
    erasure: Option<Erasure>,
}

fn at(minutes: i64) -> Timestamp {
    "2026-05-04T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

fn kept() -> Kept {
    let event = sample::event(json!({}));
    let id = JobId { event: event.id, part: JobPart::of(&["one"]) };
    let verdict = json!({ "rule": "rul_1", "line": "li_1", "verdict": { "is": "fired", "jobs": [id] } });
    let event = sample::event(json!({ "verdicts": { "product_purchased": [verdict] } }));
    let mut record = sample::record(id, "performed");
    record.effect = Some(effect());
    record.history = vec![taken(1)];
    let mut rule = sample::rule("rul_1", "product_purchased", &["sourdough"]);
    rule.created_at = at(-60);
    rule.updated_at = at(-60);
    let account = sample::account("int_1", "List");
    let waits = Waits {
        rules: [rule].into_iter().collect(),
        accounts: [(account.id.clone(), account)].into(),
        paused: BTreeSet::new(),
    };
    Kept { event, records: vec![record], waits, erasure: None }
}

fn effect() -> EffectKey {
    EffectKey::of(&["list"])
}

fn taken(minutes: i64) -> domain::log::HistoryEntry {
    domain::log::HistoryEntry { at: at(minutes), status: Status::Performed, message: None }
}

impl Kept {
    fn broken(&self) -> Vec<Promise> {
        let events = [self.event.clone()];
        let history = History { events: &events, records: &self.records, erasure: self.erasure.as_ref() };
        let found = judge(&self.event.marketplace, &history, &self.waits, at(60));
        found.into_iter().map(|broken| broken.promise).collect()
    }

    /// Gives the action another status.
    fn with(mut self, status: Status, reason: Option<&str>, next: Option<Timestamp>) -> Self {
        let record = &mut self.records[0];
        (record.status, record.next_attempt) = (status, next);
        record.reason = reason.map(Reason::new);
        self
    }
}

#[test]
fn a_history_that_keeps_every_promise_has_no_finding() {
    assert_eq!(kept().broken(), []);
    assert_eq!(kept().with(Status::Rejected, Some("No such list."), None).broken(), []);
    assert_eq!(kept().with(Status::Retrying, Some("It failed."), Some(at(90))).broken(), []);
}

#[test]
fn a_rule_without_a_verdict_is_found_unless_it_changed_since() {
    let mut silent = kept();
    silent.event.verdicts.clear();
    assert_eq!(silent.broken(), [Promise::Verdict]);
    let mut rule = silent.waits.rules.all().next().unwrap().clone();
    rule.updated_at = at(1);
    silent.waits.rules = [rule].into_iter().collect();
    assert_eq!(silent.broken(), []);
}

#[test]
fn an_action_that_was_requested_and_not_recorded_is_found() {
    let mut lost = kept();
    lost.records.clear();
    assert_eq!(lost.broken(), [Promise::Record]);
}

#[test]
fn an_action_that_waits_for_ever_is_found() {
    assert_eq!(kept().with(Status::Retrying, Some("It failed."), None).broken(), [Promise::End]);
    assert_eq!(kept().with(Status::RateLimited, Some("Busy."), Some(at(10))).broken(), [Promise::End]);
    let held = kept().with(Status::Held, Some("It is down."), None);
    assert_eq!(held.broken(), [Promise::End], "its account works, and its app is not paused");
    let mut paused = held;
    paused.waits.paused.insert(App::MAILCHIMP);
    assert_eq!(paused.broken(), []);
}

#[test]
fn a_failure_without_a_reason_is_found() {
    assert_eq!(kept().with(Status::Rejected, None, None).broken(), [Promise::Reason]);
}

#[test]
fn a_message_of_two_actions_and_an_older_change_after_a_newer_one_are_found() {
    let mut twice = kept();
    let mut other = twice.records[0].clone();
    other.id.part = JobPart::of(&["other"]);
    twice.records.push(other);
    for record in &mut twice.records {
        record.intent = Intent::Send;
    }
    assert_eq!(twice.broken(), [Promise::Once, Promise::Once]);

    // At the same instant a removal is newer than an addition.
    let mut late = twice;
    (late.records[0].intent, late.records[1].intent) = (Intent::On, Intent::Off);
    late.records[0].history = vec![taken(9)];
    assert_eq!(late.broken(), [Promise::Newest]);
    late.records[0].history = vec![taken(0)];
    assert_eq!(late.broken(), []);
}

#[test]
fn data_of_an_erased_buyer_is_found() {
    let mut erased = kept();
    let mut erasure = Erasure::begin(None, "era_1".to_owned(), at(20));
    erased.erasure = Some(erasure.clone());
    assert_eq!(erased.broken(), [], "it is not complete");
    erasure.end(erasure.settles_at);
    erased.erasure = Some(erasure);
    assert_eq!(erased.broken(), [Promise::Erased, Promise::Erased]);
}
