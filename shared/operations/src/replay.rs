//! Sending an event's jobs once more.
//!
//! A replay plans the stored fact with the planner that planned it first, so its jobs have the ids that they had. Actions
//! that took effect are skipped unless that is forced. Actions that a newer fact of the same buyer decided otherwise are
//! never sent: the ledger says so for an account that exists, and the newer facts themselves for one that was deleted and
//! connected again. The verdicts that are stored with the event stay as they are.

mod newer;
pub mod pages;

use std::collections::{BTreeMap, BTreeSet};

use aws::queue::{QueueError, Queues};
use aws::store::{Span, Store, StoreError};
use domain::id::{BuyerKey, EventId, IntegrationId, JobId, MarketplaceId, RuleId};
use domain::intent::Intent;
use domain::job::Job;
use domain::log::{EventRecord, JobRecord, Status};
use domain::rule::Rule;
use domain::run::{Rerun, RunId};
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use crate::firings::Firings;

/// As many events are read at once.
const CONCURRENCY: usize = 8;
/// As many newer events of one buyer are looked at. A buyer who has more gets nothing switched by a replay.
const MOST_NEWER: usize = 500;

/// Which rules a replay goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleSource {
    /// The rules as they are now: one that is new fires too, one that is gone does not.
    Current,
    /// What was sent then: exactly those jobs, even if a condition has changed since or the rule is switched off. A job
    /// takes its settings from the rule as it is stored now. A rule that is deleted, or that does something else now,
    /// cannot make its job again; those are reported.
    AsSent,
}

/// Which jobs of an event are meant; all that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only that trigger's.
    pub trigger: Option<Trigger>,
    /// Only that rule's.
    pub rule: Option<RuleId>,
    /// Only that job.
    pub job: Option<JobId>,
    /// Only those that stand so; empty: however they stand, and those that were never tried.
    pub statuses: Vec<Status>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ReplayRequest {
    /// Which jobs.
    pub selection: Selection,
    /// By which rules.
    pub by: RuleSource,
    /// Whether what took effect is done a second time too.
    pub forced: bool,
    /// The run's id.
    pub run: RunId,
}

/// What a replay of one event, or of several, comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replay {
    /// The jobs to send.
    pub jobs: Vec<Job>,
    /// Jobs that took effect before and are left alone.
    pub done: Vec<JobId>,
    /// Jobs that wait for their next attempt or for their account, or run: left alone.
    pub under_way: Vec<JobId>,
    /// Jobs that were sent then and that the rules cannot make again.
    pub gone: Vec<Gone>,
    /// Jobs that a newer fact of the same buyer decided otherwise.
    pub superseded: Vec<Superseded>,
}

/// A job that the rules cannot make again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gone {
    /// The job.
    pub job: JobId,
    /// Why not.
    pub why: Why,
}

/// Why the rules cannot make a job again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Its rule is deleted.
    Deleted,
    /// Its rule has another action, integration, target or other products now.
    Changed,
}

/// A job that a newer fact decided otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superseded {
    /// The job.
    pub job: JobId,
    /// The newer event; `None`: the buyer has more newer events than a replay looks at.
    pub by: Option<EventId>,
    /// Why, in the merchant's words.
    pub reason: String,
}

/// A replay that did not go through. Asking again does no harm.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The table did not answer.
    #[error("the events cannot be read, and nothing was sent")]
    Store(#[from] StoreError),
    /// Not all jobs are on their queue.
    #[error("not all jobs were sent; replay again, it does nothing twice")]
    Queue(#[from] QueueError),
}

/// Finds what a replay of events would send. Nothing is sent.
pub async fn prepare(
    store: &Store,
    m: &MarketplaceId,
    events: &[EventId],
    request: &ReplayRequest,
    now: Timestamp,
) -> Result<Replay, StoreError> {
    let rules = store.rules(m, now).await?;
    let read = async |id: EventId| store.event_with_jobs(m, &id, now).await;
    let found = stream::iter(events.to_vec()).map(read).buffered(CONCURRENCY);
    let add = async |mut replay: Replay, (event, records): (Option<EventRecord>, Vec<JobRecord>)| {
        if let Some(event) = event {
            replay.add(remake(&event, &records, &rules, request, now));
        }
        Ok(replay)
    };
    let replay = found.try_fold(Replay::default(), add).await?;
    without_superseded(store, m, replay, &rules, now).await
}

/// Leaves out what newer facts of the same buyers decided otherwise. The ledger knows that only as long as the account
/// exists: an account that is connected anew has another id, and no claims.
async fn without_superseded(
    store: &Store,
    m: &MarketplaceId,
    replay: Replay,
    rules: &[Rule],
    now: Timestamp,
) -> Result<Replay, StoreError> {
    let mut buyers: BTreeMap<BuyerKey, Timestamp> = BTreeMap::new();
    for job in replay.jobs.iter().filter(|job| job.effect.intent != Intent::Send) {
        let since = job.contender().ordered_at;
        buyers.entry(job.id.event.buyer).and_modify(|first| *first = since.min(*first)).or_insert(since);
    }
    if buyers.is_empty() {
        return Ok(replay);
    }
    let accounts = store.integrations(m, now).await?;
    let accounts: BTreeSet<IntegrationId> = accounts.into_iter().map(|account| account.id).collect();
    let read = async |(buyer, since): (BuyerKey, Timestamp)| {
        let span = Span { since: Some(since), until: None, after: None, limit: MOST_NEWER };
        Ok::<_, StoreError>((buyer, store.events_page(m, Some(buyer), &span, &|_| true, now).await?))
    };
    let found = stream::iter(buyers).map(read).buffered(CONCURRENCY);
    let leave_out = async |replay: Replay, (buyer, page)| {
        Ok(newer::without_superseded(replay, buyer, &page, rules, &accounts))
    };
    found.try_fold(replay, leave_out).await
}

/// Puts a replay's jobs on their queues.
pub async fn send(replay: &Replay, queues: &Queues) -> Result<(), ReplayError> {
    Ok(queues.send(&replay.jobs).await?)
}

/// Makes the jobs of one event again, and says which are left alone. What took effect is known by its effect, whichever
/// rule asked for it.
pub fn remake(
    event: &EventRecord,
    records: &[JobRecord],
    rules: &[Rule],
    request: &ReplayRequest,
    now: Timestamp,
) -> Replay {
    let ReplayRequest { selection, by, forced, run } = request;
    let record = |id: &JobId| records.iter().find(|record| record.id == *id);
    let wanted = |id: &JobId, rule: &RuleId| {
        let status = record(id).map(|record| record.status);
        selection.rule.as_ref().is_none_or(|wanted| wanted == rule)
            && selection.job.as_ref().is_none_or(|wanted| wanted == id)
            && (selection.statuses.is_empty() || status.is_some_and(|is| selection.statuses.contains(&is)))
    };
    let triggers =
        Trigger::ALL.iter().copied().filter(|trigger| selection.trigger.is_none_or(|only| only == *trigger));

    let mut replay = Replay::default();
    let mut planned: Vec<Job> = Vec::new();
    for trigger in triggers {
        let rules: Vec<Rule> = rules.iter().filter(|rule| rule.trigger == trigger).cloned().collect();
        let firings = Firings::of(event, trigger).ok();
        match by {
            RuleSource::Current => {
                planned.extend(firings.map(|firings| firings.plan(&rules).jobs).unwrap_or_default());
            }
            RuleSource::AsSent => {
                let sent = sent(event, records, trigger);
                // Verdicts that the event had no room for name no jobs.
                let is_asked = |id| selection.job == Some(id) && event.unstored.contains_key(&trigger);
                let made = firings.iter().flat_map(|firings| {
                    rules.iter().flat_map(|rule| firings.each(&unconditional(rule)).jobs)
                });
                let made: Vec<Job> =
                    made.filter(|job| sent.contains_key(&job.id) || is_asked(job.id)).collect();
                let is_gone = |(id, rule): &(&JobId, &&RuleId)| {
                    made.iter().all(|job| job.id != **id) && wanted(id, rule)
                };
                replay.gone.extend(sent.iter().filter(is_gone).map(|(id, rule)| {
                    let exists = rules.iter().any(|other| other.id == **rule);
                    Gone { job: *id, why: if exists { Why::Changed } else { Why::Deleted } }
                }));
                planned.extend(made);
            }
        }
    }
    let had = |job: &Job| {
        let same = records.iter().filter(|record| record.id == job.id || record.effect.is_some());
        same.filter(|record| is_same(record, job)).any(|record| record.status.took_effect())
    };
    for job in planned.into_iter().filter(|job| wanted(&job.id, &job.rule)) {
        match record(&job.id) {
            Some(record) if !is_same(record, &job) => {
                replay.gone.push(Gone { job: job.id, why: Why::Changed });
            }
            Some(record) if !record.status.is_final() && !record.is_lost(now) => {
                replay.under_way.push(job.id);
            }
            _ if had(&job) && !forced => replay.done.push(job.id),
            _ => {
                let again =
                    Some(Rerun { run: run.clone(), forced: *forced, as_sent: *by == RuleSource::AsSent });
                replay.jobs.push(Job { rerun: again, ..job });
            }
        }
    }
    replay
}

/// Whether a record is of what a job would do: the same effect of the same action in the same account.
fn is_same(record: &JobRecord, job: &Job) -> bool {
    record.effect.is_none_or(|effect| effect == job.effect.key)
        && record.intent == job.effect.intent
        && record.integration == job.integration
        && record.action == job.action
}

/// The rule as it was when it fired, as far as firing goes: what it fired for then, it fires for.
fn unconditional(rule: &Rule) -> Rule {
    Rule { enabled: true, conditions: Vec::new(), ..rule.clone() }
}

/// The jobs of a trigger that were sent, each with its rule: those of the verdicts, and those of earlier replays.
fn sent<'a>(
    event: &'a EventRecord,
    records: &'a [JobRecord],
    trigger: Trigger,
) -> BTreeMap<JobId, &'a RuleId> {
    let verdicts = event.verdicts.get(&trigger).into_iter().flatten();
    let fired = verdicts.flat_map(|judged| jobs_of(&judged.verdict).iter().map(|id| (*id, &judged.rule)));
    let tried = records.iter().filter(|record| record.trigger == trigger);
    fired.chain(tried.map(|record| (record.id, &record.rule))).collect()
}

fn jobs_of(verdict: &Verdict) -> &[JobId] {
    match verdict {
        Verdict::Fired { jobs } => jobs,
        _ => &[],
    }
}

impl Replay {
    fn add(&mut self, other: Replay) {
        self.jobs.extend(other.jobs);
        self.done.extend(other.done);
        self.under_way.extend(other.under_way);
        self.gone.extend(other.gone);
        self.superseded.extend(other.superseded);
    }

    /// The events that it sends jobs of.
    pub fn events(&self) -> usize {
        self.jobs.iter().map(|job| job.id.event).collect::<BTreeSet<EventId>>().len()
    }
}

#[cfg(test)]
mod tests;
