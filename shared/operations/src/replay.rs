//! Sending an event's jobs once more.
//!
//! A replay plans the stored fact with the planner that planned it first, so its jobs have the ids that they had. Actions
//! that took effect are skipped unless that is forced. Actions that a newer fact of the same buyer decided otherwise are
//! never sent: the ledger says so for an account that exists, and the newer facts themselves for one that was deleted and
//! connected again. The verdicts that are stored with the event stay as they are.

mod newer;
pub mod pages;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws::queue::{QueueError, Queues};
use aws::store::{Span, Store, StoreError};
use domain::id::{BuyerKey, EffectKey, EventId, IntegrationId, JobId, MarketplaceId, RuleId};
use domain::intent::Intent;
use domain::job::Job;
use domain::log::{EventRecord, JobRecord, Status};
use domain::plan::Decided;
use domain::rule::Rule;
use domain::run::{Rerun, RunId};
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use crate::firings::{Firings, RulesByTrigger};

/// As many events are read at once.
const CONCURRENCY: usize = 8;
/// As many newer events of one buyer are looked at. A buyer who has more gets nothing switched by a replay.
const MOST_NEWER: usize = 500;
/// As many jobs are built at once.
const BUILT_AT_ONCE: usize = 500;

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

/// What a replay of one event, or of several, comes to. Its jobs are known by their keys, and built when they are asked for:
/// a thousand rules and a hundred lines make more of them than a function has memory for.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    rules: Arc<RulesByTrigger>,
    rerun: Rerun,
    /// The jobs to send.
    again: Vec<Again>,
    /// Jobs that took effect before and are left alone.
    pub done: Vec<JobId>,
    /// Jobs that wait for their next attempt or for their account, or run: left alone.
    pub under_way: Vec<JobId>,
    /// Jobs that were sent then and that the rules cannot make again.
    pub gone: Vec<Gone>,
    /// Jobs that a newer fact of the same buyer decided otherwise.
    pub superseded: Vec<Superseded>,
}

/// The jobs of one event and trigger that are sent.
#[derive(Debug, Clone, PartialEq)]
struct Again {
    event: Arc<EventRecord>,
    trigger: Trigger,
    jobs: Vec<Decided>,
}

impl Again {
    fn is_of(&self, buyer: BuyerKey) -> bool {
        self.jobs.iter().any(|job| job.id().event.buyer == buyer)
    }
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
    let rules: RulesByTrigger = store.rules(m, now).await?.into_iter().collect();
    let read = async |id: EventId| store.event_with_jobs(m, &id, now).await;
    let found = stream::iter(events.to_vec()).map(read).buffered(CONCURRENCY);
    let add = async |mut replay: Replay, (event, records): (Option<EventRecord>, Vec<JobRecord>)| {
        if let Some(event) = event {
            replay.add(event, &records, request, now);
        }
        Ok(replay)
    };
    let replay = found.try_fold(Replay::new(rules, request), add).await?;
    without_superseded(store, m, replay, now).await
}

/// Leaves out what newer facts of the same buyers decided otherwise. The ledger knows that only as long as the account
/// exists: an account that is connected anew has another id, and no claims.
async fn without_superseded(
    store: &Store,
    m: &MarketplaceId,
    replay: Replay,
    now: Timestamp,
) -> Result<Replay, StoreError> {
    let mut buyers: BTreeMap<BuyerKey, Timestamp> = BTreeMap::new();
    for job in replay.again.iter().flat_map(|again| &again.jobs).filter(|job| switches(job)) {
        let since = job.contender.ordered_at;
        buyers.entry(job.id().event.buyer).and_modify(|first| *first = since.min(*first)).or_insert(since);
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
    let leave_out =
        async |replay: Replay, (buyer, page)| Ok(newer::without_superseded(replay, buyer, &page, &accounts));
    found.try_fold(replay, leave_out).await
}

/// Puts a replay's jobs on their queues.
pub async fn send(replay: &Replay, queues: &Queues) -> Result<(), ReplayError> {
    Ok(queues.send(replay.jobs()).await?)
}

/// Whether a job switches something, so that a newer one can oppose it.
fn switches(job: &Decided) -> bool {
    job.contender.intent != Intent::Send
}

/// An event's records, found by the job and by the effect.
struct Records<'a> {
    of_job: BTreeMap<JobId, &'a JobRecord>,
    of_effect: BTreeMap<EffectKey, Vec<&'a JobRecord>>,
}

impl<'a> Records<'a> {
    fn new(records: &'a [JobRecord]) -> Self {
        let mut of_effect: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for record in records {
            of_effect.entry(record.effect).or_default().push(record);
        }
        let of_effect = of_effect.into_iter().filter_map(|(effect, records)| Some((effect?, records)));
        Self {
            of_job: records.iter().map(|record| (record.id, record)).collect(),
            of_effect: of_effect.collect(),
        }
    }

    fn of(&self, job: &JobId) -> Option<&'a JobRecord> {
        self.of_job.get(job).copied()
    }

    /// Whether the same was done before, whichever rule asked for it.
    fn had(&self, job: &Decided, rule: &Rule) -> bool {
        let same = self.of_effect.get(&job.effect).into_iter().flatten().copied();
        let mut same = same.chain(self.of(&job.id())).filter(|record| is_same(record, job, rule));
        same.any(|record| record.status.took_effect())
    }
}

/// Whether a record is of what a job would do: the same effect of the same action in the same account.
fn is_same(record: &JobRecord, job: &Decided, rule: &Rule) -> bool {
    record.effect.is_none_or(|effect| effect == job.effect)
        && record.intent == job.contender.intent
        && record.integration == rule.integration
        && record.action == rule.action
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
    /// A replay of no event.
    pub fn new(rules: RulesByTrigger, request: &ReplayRequest) -> Self {
        let (run, forced) = (request.run.clone(), request.forced);
        Self {
            rules: Arc::new(rules),
            rerun: Rerun { run, forced, as_sent: request.by == RuleSource::AsSent },
            again: Vec::new(),
            done: Vec::new(),
            under_way: Vec::new(),
            gone: Vec::new(),
            superseded: Vec::new(),
        }
    }

    /// Takes an event in: decides which of its jobs are sent again, and which are left alone.
    pub fn add(
        &mut self,
        mut event: EventRecord,
        records: &[JobRecord],
        request: &ReplayRequest,
        now: Timestamp,
    ) {
        let ReplayRequest { selection, by, forced, run: _ } = request;
        let (rules, found) = (Arc::clone(&self.rules), Records::new(records));
        let is_wanted = |id: &JobId, rule: &RuleId| {
            let status = found.of(id).map(|record| record.status);
            selection.rule.as_ref().is_none_or(|wanted| wanted == rule)
                && selection.job.as_ref().is_none_or(|wanted| wanted == id)
                && (selection.statuses.is_empty()
                    || status.is_some_and(|is| selection.statuses.contains(&is)))
        };
        let triggers = Trigger::ALL.iter().copied();
        let triggers = triggers.filter(|trigger| selection.trigger.is_none_or(|only| only == *trigger));
        let mut again: Vec<(Trigger, Vec<Decided>)> = Vec::new();
        for trigger in triggers {
            let rules = rules.of(trigger);
            let firings = Firings::of(&event, trigger).ok();
            let planned: Vec<Decided> = match by {
                RuleSource::Current => {
                    let decided = |firings: &Firings| firings.draft(rules).decided().collect();
                    firings.as_ref().map(decided).unwrap_or_default()
                }
                RuleSource::AsSent => {
                    let sent = sent(&event, records, trigger);
                    // Verdicts that the event had no room for name no jobs.
                    let is_asked = |id| selection.job == Some(id) && event.unstored.contains_key(&trigger);
                    let made = firings.iter().flat_map(|firings| firings.asked(rules));
                    let made: Vec<_> =
                        made.filter(|job| sent.contains_key(&job.id()) || is_asked(job.id())).collect();
                    let ids: BTreeSet<JobId> = made.iter().map(Decided::id).collect();
                    let gone = sent.iter().filter(|(id, rule)| !ids.contains(id) && is_wanted(id, rule));
                    self.gone.extend(gone.map(|(id, rule)| {
                        let exists = rules.iter().any(|other| other.id == **rule);
                        Gone { job: *id, why: if exists { Why::Changed } else { Why::Deleted } }
                    }));
                    made
                }
            };
            let mut jobs = Vec::new();
            for job in planned {
                let (id, rule) = (job.id(), &rules[job.rule()]);
                match found.of(&id) {
                    _ if !is_wanted(&id, &rule.id) => {}
                    Some(record) if !is_same(record, &job, rule) => {
                        self.gone.push(Gone { job: id, why: Why::Changed });
                    }
                    Some(record) if !record.status.is_final() && !record.is_lost(now) => {
                        self.under_way.push(id);
                    }
                    _ if !forced && found.had(&job, rule) => self.done.push(id),
                    _ => jobs.push(job),
                }
            }
            if !jobs.is_empty() {
                again.push((trigger, jobs));
            }
        }
        // Jobs are built of the fact alone.
        event.verdicts.clear();
        let event = Arc::new(event);
        let again = again.into_iter().map(|(trigger, jobs)| Again { event: event.clone(), trigger, jobs });
        self.again.extend(again);
    }

    /// The jobs to send, built one after the other.
    pub fn jobs(&self) -> impl Iterator<Item = Job> {
        let some = self.again.iter().flat_map(|again| {
            let Again { event, trigger, jobs } = again;
            jobs.chunks(BUILT_AT_ONCE).map(move |some| (event, *trigger, some))
        });
        some.flat_map(|(event, trigger, some)| {
            let firings = Firings::of(event, trigger).ok();
            let rules = self.rules.of(trigger);
            let jobs = firings.iter().flat_map(|firings| firings.input(rules).jobs(some.iter().copied()));
            jobs.map(|job| Job { rerun: Some(self.rerun.clone()), ..job }).collect::<Vec<_>>()
        })
    }

    /// How many jobs it sends.
    pub fn actions(&self) -> usize {
        self.again.iter().map(|again| again.jobs.len()).sum()
    }

    /// The events that it sends jobs of.
    pub fn events(&self) -> usize {
        self.again.iter().map(|again| again.event.id).collect::<BTreeSet<EventId>>().len()
    }
}

#[cfg(test)]
mod tests;
