//! Replays: sending the jobs of a stored event again.
//!
//! A replay plans the stored fact with the same planner as before, so its jobs have the same ids. Actions that already
//! succeeded are skipped unless `forced` is set. Actions that a newer fact of the same buyer superseded are never sent:
//! the ledger has the newer decision for an existing account, and the newer facts themselves have it for an account
//! that was deleted and connected again. The verdicts that are stored with the event are not changed.

mod newer;
mod pages;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws::queue::QueueError;
use aws::store::{Span, Store, StoreError};
use domain::digest::DigestSecret;
use domain::id::{BuyerKey, EffectKey, EventId, IntegrationId, JobId, MarketplaceId, RuleId};
use domain::intent::Intent;
use domain::job::Job;
use domain::log::{ConfigEntry, ConfigKind, EventRecord, JobRecord, Status};
use domain::plan::Decided;
use domain::rule::Rule;
use domain::run::{Rerun, RunId};
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use runtime::clock;
use serde_json::json;

pub use pages::Prepared;

use crate::engine::Engine;
use crate::firings::{Firings, RulesByTrigger};

/// The operations that send actions of stored events again.
#[derive(Debug, Clone, Copy)]
pub struct Replays<'a>(&'a Engine);

impl Engine {
    /// The operations that send actions of stored events again.
    pub fn replays(&self) -> Replays<'_> {
        Replays(self)
    }
}

/// The number of events that are read at the same time.
const CONCURRENCY: usize = 8;
/// The maximum number of newer events of a buyer that are read. If a buyer has more, a replay sends no action that sets
/// or removes something.
const MOST_NEWER: usize = 500;
/// The number of jobs that are built at the same time.
const BUILT_AT_ONCE: usize = 500;

/// The id of a replay or a retry that starts now.
pub fn run() -> RunId {
    RunId::new(clock::now(), &clock::unique())
}

/// The version of the rules that a replay uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleSource {
    /// The current rules: new rules fire too, deleted rules do not.
    Current,
    /// The jobs that were sent then, even if a condition has changed since or the rule is disabled. A job takes its
    /// settings from the rule as it is stored now. If the rule is deleted, or no longer requests the job, the job
    /// cannot be built and is reported as gone.
    AsSent,
}

/// Filters of the jobs of an event. All that are set must match.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Jobs of this trigger.
    pub trigger: Option<Trigger>,
    /// Jobs of this rule.
    pub rule: Option<RuleId>,
    /// The job with this id.
    pub job: Option<JobId>,
    /// Jobs with one of these statuses. If empty: jobs with any status, and jobs that never started.
    pub statuses: Vec<Status>,
}

/// The parameters of a replay.
#[derive(Debug, Clone)]
pub struct ReplayRequest {
    /// The jobs to send.
    pub selection: Selection,
    /// The version of the rules.
    pub by: RuleSource,
    /// Whether jobs that already succeeded are sent too.
    pub forced: bool,
    /// The id of the replay.
    pub run: RunId,
}

/// The prepared replay of one or more events. It has the keys of its jobs, and builds each job on demand: 1,000 rules
/// and 100 lines produce more jobs than fit in a function's memory.
#[derive(Debug, Clone)]
pub struct Replay {
    rules: Arc<RulesByTrigger>,
    secret: DigestSecret,
    rerun: Rerun,
    /// The jobs to send.
    again: Vec<Again>,
    /// The jobs that already succeeded and are skipped.
    pub done: Vec<JobId>,
    /// The jobs that run, or wait for an attempt or for their account, and are skipped.
    pub under_way: Vec<JobId>,
    /// The jobs that were sent then and cannot be built again.
    pub gone: Vec<Gone>,
    /// The jobs that a newer fact of the same buyer superseded.
    pub superseded: Vec<Superseded>,
}

/// The jobs of one event and trigger to send.
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

/// A job that cannot be built again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gone {
    /// The job.
    pub job: JobId,
    /// The reason.
    pub why: Why,
}

/// The reason why a job cannot be built again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Its rule is deleted.
    Deleted,
    /// Its rule now has another action, integration or target, or other products.
    Changed,
}

/// A job that a newer fact superseded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superseded {
    /// The job.
    pub job: JobId,
    /// The newer event. `None`: the buyer has more newer events than a replay reads.
    pub by: Option<EventId>,
    /// The reason, for the merchant.
    pub reason: String,
}

/// The reason why a replay failed. Repeating it is safe.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// DynamoDB did not respond.
    #[error("the events cannot be read; nothing was sent")]
    Store(#[from] StoreError),
    /// Some jobs could not be sent to their queue.
    #[error("not all jobs were sent: repeat the replay, which performs nothing twice")]
    Queue(#[from] QueueError),
}

impl Replays<'_> {
    /// Prepares a replay of events. Nothing is sent.
    pub async fn prepare(
        &self,
        secret: &DigestSecret,
        m: &MarketplaceId,
        events: &[EventId],
        request: &ReplayRequest,
        now: Timestamp,
    ) -> Result<Replay, StoreError> {
        let store = &self.0.store;
        let rules: RulesByTrigger = store.rules(m, now).await?.into_iter().collect();
        let read = async |id: EventId| store.event_with_jobs(m, &id, now).await;
        let found = stream::iter(events.to_vec()).map(read).buffered(CONCURRENCY);
        let add = async |mut replay: Replay, (event, records): (Option<EventRecord>, Vec<JobRecord>)| {
            // The actions of a test would be built from a made-up fact.
            if let Some(event) = event.filter(|event| !event.is_test()) {
                replay.add(event, &records, request, now);
            }
            Ok(replay)
        };
        let replay = found.try_fold(Replay::new(rules, request, secret.clone()), add).await?;
        without_superseded(store, m, replay, now).await
    }

    /// Sends the jobs of a replay to their queues, after it writes an entry of the Configuration Log.
    pub async fn send(&self, m: &MarketplaceId, replay: &Replay, now: Timestamp) -> Result<(), ReplayError> {
        if replay.actions() > 0 {
            let message = format!("{} actions of {} events sent again.", replay.actions(), replay.events());
            let run = replay.rerun.run.as_str();
            let entry = ConfigEntry::new(ConfigKind::Replay, run, "Replay Events", message, now);
            let asked = json!({ "forced": replay.rerun.forced, "as_sent": replay.rerun.as_sent });
            self.0.store.log_config(m, &entry.change(None, Some(asked))).await?;
        }
        Ok(self.0.services.queues.send(replay.jobs()).await?)
    }
}

/// Excludes jobs that newer facts of the same buyers superseded. The ledger has such decisions only while the account
/// exists: an account that is connected again after a deletion has a new id, and no claims.
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

/// Whether a job sets or removes something, so that a newer job can be its opposite.
fn switches(job: &Decided) -> bool {
    job.contender.intent != Intent::Send
}

/// The records of an event, indexed by job and by effect.
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

    /// Whether the same effect was performed before, for any rule.
    fn had(&self, job: &Decided, rule: &Rule) -> bool {
        let same = self.of_effect.get(&job.effect).into_iter().flatten().copied();
        let mut same = same.chain(self.of(&job.id())).filter(|record| is_same(record, job, rule));
        same.any(|record| record.status.took_effect())
    }
}

/// Whether a record has the same effect as a job: of the same action in the same account.
fn is_same(record: &JobRecord, job: &Decided, rule: &Rule) -> bool {
    record.effect.is_none_or(|effect| effect == job.effect)
        && record.intent == job.contender.intent
        && record.integration == rule.integration
        && record.action == rule.action
}

/// The jobs of a trigger that were sent, with their rules: those of the verdicts and those of earlier replays.
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
    /// An empty replay.
    pub fn new(rules: RulesByTrigger, request: &ReplayRequest, secret: DigestSecret) -> Self {
        let (run, forced) = (request.run.clone(), request.forced);
        Self {
            rules: Arc::new(rules),
            secret,
            rerun: Rerun { run, forced, as_sent: request.by == RuleSource::AsSent },
            again: Vec::new(),
            done: Vec::new(),
            under_way: Vec::new(),
            gone: Vec::new(),
            superseded: Vec::new(),
        }
    }

    /// Adds an event: decides which of its jobs are sent and which are skipped.
    pub fn add(
        &mut self,
        mut event: EventRecord,
        records: &[JobRecord],
        request: &ReplayRequest,
        now: Timestamp,
    ) {
        let ReplayRequest { selection, by, forced, run: _ } = request;
        let (rules, secret, found) = (Arc::clone(&self.rules), self.secret.clone(), Records::new(records));
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
                    let decided = |firings: &Firings| firings.draft(rules, &secret).decided().collect();
                    firings.as_ref().map(decided).unwrap_or_default()
                }
                RuleSource::AsSent => {
                    let sent = sent(&event, records, trigger);
                    // Verdicts that are not stored, because the event had no room for them, name no jobs.
                    let is_asked = |id| selection.job == Some(id) && event.unstored.contains_key(&trigger);
                    let made = firings.iter().flat_map(|firings| firings.asked(rules, &secret));
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
        // Jobs are built only from the fact.
        event.verdicts.clear();
        let event = Arc::new(event);
        let again = again.into_iter().map(|(trigger, jobs)| Again { event: event.clone(), trigger, jobs });
        self.again.extend(again);
    }

    /// The jobs to send, built one at a time.
    pub fn jobs(&self) -> impl Iterator<Item = Job> {
        let some = self.again.iter().flat_map(|again| {
            let Again { event, trigger, jobs } = again;
            jobs.chunks(BUILT_AT_ONCE).map(move |some| (event, *trigger, some))
        });
        some.flat_map(|(event, trigger, some)| {
            let firings = Firings::of(event, trigger).ok();
            let rules = self.rules.of(trigger);
            let jobs = firings
                .iter()
                .flat_map(|firings| firings.input(rules, &self.secret).jobs(some.iter().copied()));
            jobs.map(|job| Job { rerun: Some(self.rerun.clone()), ..job }).collect::<Vec<_>>()
        })
    }

    /// The number of jobs to send.
    pub fn actions(&self) -> usize {
        self.again.iter().map(|again| again.jobs.len()).sum()
    }

    /// The number of events with jobs to send.
    pub fn events(&self) -> usize {
        self.again.iter().map(|again| again.event.id).collect::<BTreeSet<EventId>>().len()
    }
}

#[cfg(test)]
mod tests;
