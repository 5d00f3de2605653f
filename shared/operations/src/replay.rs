//! Sending an event's jobs once more.
//!
//! A replay plans the stored fact with the planner that planned it first, so its jobs have the ids that they had. The
//! ledger keeps it from doing anything twice: what took effect is skipped unless that is forced, and what a newer fact
//! has decided stays decided either way. The verdicts that are stored with the event stay as they are.

pub mod pages;

use std::collections::{BTreeMap, BTreeSet};

use aws::queue::{QueueError, Queues};
use aws::store::{Store, StoreError};
use domain::again::{Again, RunId};
use domain::id::{EventId, JobId, MarketplaceId, RuleId};
use domain::job::Job;
use domain::log::{EventRecord, JobRecord, Status};
use domain::rule::Rule;
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use crate::firings::Firings;

/// As many events are read at once.
const CONCURRENCY: usize = 8;

/// Which rules a replay goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The rules as they are now: one that is new fires too, one that is gone does not.
    Now,
    /// What was sent then: exactly those jobs, even if a condition has changed since or the rule is switched off. A job
    /// takes its settings from the rule as it is stored now. A rule that is gone, or now names another target or other
    /// products, cannot make its job again; those are reported.
    Then,
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
pub struct Request {
    /// Which jobs.
    pub selection: Selection,
    /// By which rules.
    pub by: By,
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
    /// Jobs that are tried again by themselves, or held until their account is reconnected: left alone.
    pub under_way: Vec<JobId>,
    /// Jobs that were sent then and that the rules cannot make again.
    pub gone: Vec<JobId>,
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
    request: &Request,
    now: Timestamp,
) -> Result<Replay, StoreError> {
    let rules = store.rules(m, now).await?;
    let read = async |id: EventId| store.event_with_jobs(m, &id, now).await;
    let found = stream::iter(events.to_vec()).map(read).buffered(CONCURRENCY);
    let add = async |mut replay: Replay, (event, records): (Option<EventRecord>, Vec<JobRecord>)| {
        if let Some(event) = event {
            replay.add(remake(&event, &records, &rules, request));
        }
        Ok(replay)
    };
    found.try_fold(Replay::default(), add).await
}

/// Puts a replay's jobs on their queues.
pub async fn send(replay: &Replay, queues: &Queues) -> Result<(), ReplayError> {
    Ok(queues.send(&replay.jobs).await?)
}

/// Makes the jobs of one event again, and says which are left alone.
pub fn remake(event: &EventRecord, records: &[JobRecord], rules: &[Rule], request: &Request) -> Replay {
    let Request { selection, by, forced, run } = request;
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
            By::Now => planned.extend(firings.map(|firings| firings.plan(&rules).jobs).unwrap_or_default()),
            By::Then => {
                let sent = sent(event, records, trigger);
                let made = firings.iter().flat_map(|firings| {
                    rules.iter().flat_map(|rule| firings.each(&unconditional(rule)).jobs)
                });
                let made: Vec<Job> = made.filter(|job| sent.contains_key(&job.id)).collect();
                let is_gone = |(id, rule): &(&JobId, &&RuleId)| {
                    made.iter().all(|job| job.id != **id) && wanted(id, rule)
                };
                replay.gone.extend(sent.iter().filter(is_gone).map(|(id, _)| *id));
                planned.extend(made);
            }
        }
    }
    for job in planned.into_iter().filter(|job| wanted(&job.id, &job.rule)) {
        match record(&job.id).map(|record| record.status) {
            Some(status) if !status.is_final() => replay.under_way.push(job.id),
            Some(status) if status.took_effect() && !forced => replay.done.push(job.id),
            _ => {
                let again = Some(Again { run: run.clone(), forced: *forced, as_sent: *by == By::Then });
                replay.jobs.push(Job { again, ..job });
            }
        }
    }
    replay
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
    }

    /// The events that it sends jobs of.
    pub fn events(&self) -> usize {
        self.jobs.iter().map(|job| job.id.event).collect::<BTreeSet<EventId>>().len()
    }
}

#[cfg(test)]
mod tests;
