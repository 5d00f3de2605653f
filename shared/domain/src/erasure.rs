//! Erasing a buyer: what is remembered of it, and how long something that was under way may still come back.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::log::{EventRecord, JobRecord};
use crate::time;

/// A fact whose time is this close to now is taken for one that nobody can have asked to erase yet, so that planning it and
/// acting on it costs no read more.
const FRESH: SignedDuration = SignedDuration::from_mins(1);
/// Whatever was under way when an erasure began has written what it had to write after this: a fresh fact's job, and
/// one whose attempt had begun.
const SETTLES: SignedDuration = SignedDuration::from_mins(2);

/// What a marketplace remembers of an erasure: when, and how much. Whom it was about is in the key alone, as a digest,
/// which whatever still waits in a queue is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// When it was asked for.
    pub at: Timestamp,
    /// Facts that occurred until then are erased, and not taken in again: until it was asked for, or as far ahead as a fact
    /// was dated that came in before.
    pub covers_until: Timestamp,
    /// When nothing that was under way can come back.
    pub settles_at: Timestamp,
    /// Whether it has come to its end.
    pub complete: bool,
    /// How many items it erased, so far.
    pub erased: Erased,
}

/// How many items were erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Facts with their verdicts.
    pub events: u64,
    /// Rows of the Action Log, with those that waited.
    pub actions: u64,
    /// The ledger's claims.
    pub claims: u64,
    /// Prospects' timers.
    pub timers: u64,
}

impl Erasure {
    /// One that is asked for now; an earlier one that is not complete goes on.
    pub fn begin(before: Option<Self>, now: Timestamp) -> Self {
        match before {
            Some(before) if !before.complete => before,
            Some(Self { erased, .. }) => Self::of(now, erased),
            None => Self::of(now, Erased::default()),
        }
    }

    fn of(now: Timestamp, erased: Erased) -> Self {
        Self { at: now, covers_until: now, settles_at: now, complete: false, erased }
    }

    /// Whether a fact is covered by it.
    pub fn covers(&self, occurred_at: Timestamp) -> bool {
        occurred_at <= self.covers_until
    }

    /// Counts an event, which may have jobs that are under way if it is recent.
    pub fn count_event(&mut self, event: &EventRecord, now: Timestamp) {
        self.erased.events += 1;
        self.covers_until = self.covers_until.max(event.occurred_at);
        let latest = event.received_at.max(event.occurred_at);
        if latest > time::before(now, SETTLES) {
            // A fact that is dated ahead is fresh once more when its time comes.
            self.await_settling(latest.max(now));
        }
    }

    /// Counts an action, which may be under way if it has not ended.
    pub fn count_action(&mut self, action: &JobRecord, now: Timestamp) {
        self.erased.actions += 1;
        if !action.status.is_final() {
            self.await_settling(now);
        }
    }

    fn await_settling(&mut self, since: Timestamp) {
        self.settles_at = self.settles_at.max(time::after(since, SETTLES));
    }

    /// Nothing was left: it is complete once nothing can come back either.
    pub fn end(&mut self, now: Timestamp) {
        self.complete = self.settles_at <= now;
    }
}

/// Whether a fact is so young that its buyer cannot have been erased since. One that is dated ahead may be older than it says.
pub fn is_fresh(occurred_at: Timestamp, now: Timestamp) -> bool {
    occurred_at.duration_since(now).abs() < FRESH
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    fn event(received: Timestamp) -> EventRecord {
        dated(received, received)
    }

    fn dated(received: Timestamp, occurred: Timestamp) -> EventRecord {
        let event = json!({
            "id": format!("evt_{}", "0".repeat(42)), "marketplace": "demo", "fact_id": "1",
            "detail_type": "Order Completed", "email": "ada@example.com", "detail": "{}", "timer": null,
            "verdicts": {}, "occurred_at": occurred, "received_at": received,
        });
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn an_erasure_covers_what_was_and_not_what_comes() {
        let erasure = Erasure::begin(None, at(0));
        assert!(erasure.covers(at(0)) && erasure.covers(at(-1)) && !erasure.covers(at(1)));
    }

    #[test]
    fn it_ends_at_once_where_everything_is_old_and_later_where_something_may_come_back() {
        let mut old = Erasure::begin(None, at(0));
        old.count_event(&event(at(-3600)), at(0));
        old.end(at(0));
        assert!(old.complete);
        let mut recent = Erasure::begin(None, at(0));
        recent.count_event(&event(at(-5)), at(0));
        recent.end(at(0));
        assert!(!recent.complete);
        recent.end(recent.settles_at);
        assert!(recent.complete);
    }

    #[test]
    fn a_fact_that_is_dated_ahead_does_not_come_back_when_its_time_comes() {
        let ahead = at(600);
        let mut erasure = Erasure::begin(None, at(0));
        assert!(!erasure.covers(ahead), "a fact that comes in later is another one");
        erasure.count_event(&dated(at(-5), ahead), at(0));
        for now in [at(0), at(300), at(539), at(661)] {
            assert!(!is_fresh(ahead, now) && erasure.covers(ahead));
        }
        erasure.end(ahead);
        assert!(!erasure.complete, "it is fresh now");
        erasure.end(at(721));
        assert!(erasure.complete && !erasure.covers(at(601)));
        assert!(is_fresh(at(0), at(59)) && is_fresh(at(59), at(0)));
    }

    #[test]
    fn asked_for_again_it_goes_on_and_once_complete_it_covers_what_came_since() {
        let mut first = Erasure::begin(None, at(0));
        first.count_event(&event(at(-3600)), at(0));
        let again = Erasure::begin(Some(first.clone()), at(9));
        assert_eq!(again, first);
        first.end(at(9));
        let later = Erasure::begin(Some(first.clone()), at(60));
        assert_eq!((later.at, later.complete, later.erased), (at(60), false, first.erased));
    }

    #[test]
    fn what_is_remembered_names_nobody() {
        let mut erasure = Erasure::begin(None, at(0));
        erasure.count_event(&event(at(0)), at(0));
        assert!(!serde_json::to_string(&erasure).unwrap().contains("example"));
    }
}
