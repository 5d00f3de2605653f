//! The promises about the stored history of one buyer. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain::app::App;
use domain::erasure::{self, Erasure};
use domain::fact::Fact;
use domain::id::{EffectKey, EventId, FactKey, IntegrationId, JobId, MarketplaceId, RuleId};
use domain::integration::{Connection, Integration};
use domain::intent::Intent;
use domain::log::{EventRecord, JobRecord, LOST_AFTER, Status};
use domain::rule::Rule;
use domain::trigger::Trigger;
use jiff::{SignedDuration, Timestamp};

use crate::firings::{Firings, RulesByTrigger};
use crate::log::unstarted::unstarted;

/// A rule that was saved this shortly before an event may have been read in its version before.
const SEEN_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// A promise of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// Every rule that applies to an event has a verdict.
    Verdict,
    /// Every action that a rule requested has a record.
    Record,
    /// Every action ends, or waits with a time, or is held for a reason that still exists.
    End,
    /// Every action that did not succeed has a reason.
    Reason,
    /// A message is sent for one action only.
    Once,
    /// Nothing older is applied after something newer.
    Newest,
    /// Nothing of an erased buyer is stored.
    Erased,
    /// An app is in the state that the newest action set.
    App,
}

impl Promise {
    /// The promise in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Verdict => "every rule that applies to an event has a verdict",
            Self::Record => "every action that a rule requested has a record",
            Self::End => "every action ends, or waits with a time, or is held for a reason that still exists",
            Self::Reason => "every action that did not succeed has a reason",
            Self::Once => "a message is sent for one action only",
            Self::Newest => "nothing older is applied after something newer",
            Self::Erased => "nothing of an erased buyer is stored",
            Self::App => "an app is in the state that the newest action set",
        }
    }

    /// Its key in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Record => "record",
            Self::End => "end",
            Self::Reason => "reason",
            Self::Once => "once",
            Self::Newest => "newest",
            Self::Erased => "erased",
            Self::App => "app",
        }
    }
}

/// A promise that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The promise.
    pub promise: Promise,
    /// The marketplace.
    pub marketplace: MarketplaceId,
    /// The id of the event or the action.
    pub id: String,
    /// The difference between the promise and the stored data.
    pub found: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({}), but {}", self.id, self.promise.words(), self.marketplace, self.found)
    }
}

/// The stored history of a buyer.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// The buyer's events.
    pub events: &'a [EventRecord],
    /// The actions of these events.
    pub records: &'a [JobRecord],
    /// The buyer's erasure, if one was requested.
    pub erasure: Option<&'a Erasure>,
}

/// The reasons why an action of a marketplace can wait, and the rules that request actions.
#[derive(Debug, Default)]
pub struct Waits {
    /// The current rules.
    pub rules: RulesByTrigger,
    /// The connected accounts.
    pub accounts: BTreeMap<IntegrationId, Integration>,
    /// The apps that the operator has paused.
    pub paused: BTreeSet<App>,
}

/// The promises that a buyer's history breaks.
pub fn judge(m: &MarketplaceId, history: &History<'_>, waits: &Waits, now: Timestamp) -> Vec<Broken> {
    let mut broken = Vec::new();
    let mut add = |promise, id: &dyn fmt::Display, found: String| {
        broken.push(Broken { promise, marketplace: m.clone(), id: id.to_string(), found });
    };
    for event in history.events.iter().filter(|event| !event.is_test()) {
        for trigger in Trigger::ALL.iter().copied() {
            if let Some(rule) = unjudged(event, trigger, waits, now) {
                add(Promise::Verdict, &event.id, format!("{trigger} has none for {rule}"));
            }
        }
        let records: Vec<_> =
            history.records.iter().filter(|record| record.id.event == event.id).cloned().collect();
        for missing in unstarted(event, &records, now).into_iter().filter(|missing| missing.late) {
            add(Promise::Record, &missing.job, format!("{} fired and nothing was recorded", missing.rule));
        }
    }
    for record in history.records {
        if let Some(found) = stuck(record, waits, now) {
            add(Promise::End, &record.id, found.to_owned());
        }
        if !record.status.took_effect() && record.reason.is_none() {
            add(Promise::Reason, &record.id, format!("it is {} without one", record.status));
        }
    }
    if let Some(erasure) = history.erasure.filter(|erasure| erasure.complete) {
        // Facts that are about as new as the erasure may have been stored after it.
        let is_gone = |at| erasure.covers(at) && !erasure::is_fresh(at, erasure.at);
        for event in history.events.iter().filter(|event| is_gone(event.occurred_at)) {
            add(Promise::Erased, &event.id, format!("the buyer was erased at {}", erasure.at));
        }
        for record in history.records.iter().filter(|record| is_gone(record.occurred_at)) {
            add(Promise::Erased, &record.id, format!("the buyer was erased at {}", erasure.at));
        }
    }
    for (promise, id, found) in misordered(history) {
        add(promise, &id, found);
    }
    broken
}

/// A rule without a verdict that the trigger read, or should have read.
fn unjudged<'a>(
    event: &EventRecord,
    trigger: Trigger,
    waits: &'a Waits,
    now: Timestamp,
) -> Option<&'a RuleId> {
    let judged_at = event.judged_at();
    if now.duration_since(judged_at) < LOST_AFTER || event.unstored.contains_key(&trigger) {
        return None;
    }
    let rules = waits.rules.of(trigger);
    let firings = if rules.is_empty() { return None } else { Firings::of(event, trigger).ok()? };
    let verdicts = event.verdicts.get(&trigger).map(Vec::as_slice).unwrap_or_default();
    let lacks_verdict = |rule: &&Rule| !verdicts.iter().any(|judged| judged.rule == rule.id);
    let was_stored =
        |rule: &&Rule| rule.updated_at.saturating_add(SEEN_AFTER).is_ok_and(|seen| seen <= judged_at);
    let unjudged = rules.iter().filter(was_stored).filter(lacks_verdict).find(|rule| firings.reads(rule));
    unjudged.map(|rule| &rule.id)
}

/// The reason why an action that has not ended never will.
fn stuck(record: &JobRecord, waits: &Waits, now: Timestamp) -> Option<&'static str> {
    if record.status.is_final() {
        return None;
    }
    if record.status != Status::Held {
        let Some(_) = record.next_attempt else { return Some("it waits without a time") };
        return record.is_lost(now).then_some("its next attempt is long overdue");
    }
    let account = waits.accounts.get(&record.integration);
    let is_refused = account.is_some_and(|account| account.connection != Connection::Connected);
    let changed = account.map_or(record.updated_at, |account| account.updated_at.max(record.updated_at));
    let has_cause = is_refused || waits.paused.contains(&record.app);
    let is_old = now.duration_since(changed) > LOST_AFTER;
    (!has_cause && is_old).then_some("it is held, and neither its account nor its app is the reason")
}

/// The order of an action among those that share its effect; `None` if the stored data does not show it.
pub(super) type Rank = (Timestamp, bool, FactKey);

pub(super) fn rank(event: &EventRecord, record: &JobRecord) -> Option<Rank> {
    let fact = Fact::parse(&event.detail_type, &event.detail).ok()?;
    // A line that was charged before the fact is ordered by that time.
    let mut lines = (0..).map_while(|line| fact.item(line));
    if lines.any(|item| item.charged_at.is_some()) {
        return None;
    }
    let at = event.occurred_at.min(event.received_at);
    Some((at, record.intent == Intent::Off, record.id.event.fact))
}

/// Messages that two actions sent, and older changes that were made after newer ones.
fn misordered(history: &History<'_>) -> Vec<(Promise, JobId, String)> {
    let events: BTreeMap<EventId, &EventRecord> =
        history.events.iter().map(|event| (event.id, event)).collect();
    let mut effects: BTreeMap<&EffectKey, Vec<(&JobRecord, Timestamp)>> = BTreeMap::new();
    for record in history.records.iter().filter(|record| record.status.took_effect() && !record.test) {
        let took = record.history.iter().rev().find(|entry| entry.status.took_effect());
        if let (Some(effect), Some(took)) = (&record.effect, took) {
            effects.entry(effect).or_default().push((record, took.at));
        }
    }
    let mut found = Vec::new();
    for sharing in effects.values() {
        for (record, at) in sharing {
            for (other, other_at) in sharing.iter().filter(|(other, _)| other.id != record.id) {
                if record.intent == Intent::Send {
                    found.push((Promise::Once, record.id, format!("{} sent it too", other.id)));
                    continue;
                }
                // An operator can force an older change.
                if record.run.is_some() || record.intent == other.intent || at <= other_at {
                    continue;
                }
                let order = |record: &JobRecord| rank(events.get(&record.id.event)?, record);
                if let (Some(own), Some(theirs)) = (order(record), order(other))
                    && own < theirs
                {
                    let shown = format!("{} is newer and was performed at {other_at}, before it", other.id);
                    found.push((Promise::Newest, record.id, shown));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
