//! The erasure of a buyer: its stored state, and the time until which work in progress may still write data.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::log::{EventRecord, JobRecord};
use crate::time;

/// A fact this recent is assumed not to be covered by an erasure, so that planning and performing it costs no
/// additional read.
const FRESH: SignedDuration = SignedDuration::from_mins(1);
/// Work in progress when an erasure began has finished its writes after this time: the job of a fresh fact, and an
/// attempt that had begun. No erasure is complete earlier, because a fact that was published just before it may not be
/// stored yet.
const SETTLES: SignedDuration = SignedDuration::from_mins(2);

/// The stored state of an erasure: its times and counts. The buyer is only in the key, as a digest, which is compared
/// with jobs and facts that still wait in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// The erasure's id in the Configuration Log. It does not identify the buyer.
    #[serde(default)]
    pub id: String,
    /// The time of the request.
    pub at: Timestamp,
    /// Facts that occurred until this time are erased, and rejected if they arrive again: the time of the request, or
    /// the latest time of an erased fact that was dated ahead.
    pub covers_until: Timestamp,
    /// The time from which no work in progress can write data.
    pub settles_at: Timestamp,
    /// Whether the erasure has finished.
    pub complete: bool,
    /// The number of items erased so far.
    pub erased: Erased,
}

/// The numbers of erased items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Facts with their verdicts.
    pub events: u64,
    /// Records of the Action Log, including waiting jobs.
    pub actions: u64,
    /// The ledger's claims.
    pub claims: u64,
    /// Prospects' timers.
    pub timers: u64,
}

impl Erasure {
    /// An erasure with this id that is requested now, or the earlier one if it is not complete: it continues.
    pub fn begin(before: Option<Self>, id: String, now: Timestamp) -> Self {
        match before {
            Some(before) if !before.complete => before,
            Some(Self { erased, .. }) => Self::of(id, now, erased),
            None => Self::of(id, now, Erased::default()),
        }
    }

    fn of(id: String, now: Timestamp, erased: Erased) -> Self {
        let settles_at = time::after(now, SETTLES);
        Self { id, at: now, covers_until: now, settles_at, complete: false, erased }
    }

    /// Whether it covers a fact.
    pub fn covers(&self, occurred_at: Timestamp) -> bool {
        occurred_at <= self.covers_until
    }

    /// Counts an event. If it is recent, its jobs may be in progress.
    pub fn count_event(&mut self, event: &EventRecord, now: Timestamp) {
        self.erased.events += 1;
        self.covers_until = self.covers_until.max(event.occurred_at);
        let latest = event.received_at.max(event.occurred_at);
        if latest > time::before(now, SETTLES) {
            // A fact dated ahead becomes fresh again when its time comes.
            self.await_settling(latest.max(now));
        }
    }

    /// Counts an action. If it has not ended, it may be in progress.
    pub fn count_action(&mut self, action: &JobRecord, now: Timestamp) {
        self.erased.actions += 1;
        if !action.status.is_final() {
            self.await_settling(now);
        }
    }

    fn await_settling(&mut self, since: Timestamp) {
        self.settles_at = self.settles_at.max(time::after(since, SETTLES));
    }

    /// Called when no items are left. The erasure is complete once no work in progress can write data.
    pub fn end(&mut self, now: Timestamp) {
        self.complete = self.settles_at <= now;
    }
}

/// Whether a fact is so recent that its buyer cannot have been erased since. A fact that is dated ahead may be older
/// than it says.
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
    fn an_erasure_covers_earlier_facts_only() {
        let erasure = Erasure::begin(None, String::new(), at(0));
        assert!(erasure.covers(at(0)) && erasure.covers(at(-1)) && !erasure.covers(at(1)));
    }

    #[test]
    fn it_ends_once_a_fact_that_was_published_just_before_is_stored_and_later_if_something_may_come_back() {
        let mut old = Erasure::begin(None, String::new(), at(0));
        old.count_event(&event(at(-3600)), at(0));
        old.end(at(119));
        assert!(!old.complete);
        old.end(at(120));
        assert!(old.complete);
        // An event that a repeated request finds was stored since.
        let mut recent = Erasure::begin(None, String::new(), at(0));
        recent.count_event(&event(at(-5)), at(60));
        recent.end(at(120));
        assert!(!recent.complete && recent.settles_at == at(180));
        recent.end(recent.settles_at);
        assert!(recent.complete);
    }

    #[test]
    fn a_fact_that_is_dated_ahead_does_not_come_back_when_its_time_comes() {
        let ahead = at(600);
        let mut erasure = Erasure::begin(None, String::new(), at(0));
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
    fn a_repeated_request_continues_the_erasure_and_a_later_one_covers_newer_facts() {
        let mut first = Erasure::begin(None, String::new(), at(0));
        first.count_event(&event(at(-3600)), at(0));
        let again = Erasure::begin(Some(first.clone()), String::new(), at(9));
        assert_eq!(again, first);
        first.end(first.settles_at);
        let later = Erasure::begin(Some(first.clone()), String::new(), at(600));
        assert_eq!((later.at, later.complete, later.erased), (at(600), false, first.erased));
    }

    #[test]
    fn what_is_remembered_names_nobody() {
        let mut erasure = Erasure::begin(None, String::new(), at(0));
        erasure.count_event(&event(at(0)), at(0));
        assert!(!serde_json::to_string(&erasure).unwrap().contains("example"));
    }
}
