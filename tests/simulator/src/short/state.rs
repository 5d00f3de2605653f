//! The state of a short history that its workers, its merchant and its checks share.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use connector::circuit_breaker::Answered;
use connector::testing::Memory;
use domain::app::App;
use domain::effect::Claim;
use domain::id::{BuyerKey, EffectKey, EventId, FactKey, IntegrationId, JobId, RuleId};
use domain::integration::Integration;
use domain::intent::Intent;
use domain::job::Job;
use domain::log::Status;
use domain::pause::AppPause;
use domain::rule::Rule;
use domain::trigger::Trigger;
use jiff::Timestamp;

use super::history::Mood;
use super::shop;

/// The order of jobs: the newest job ranks highest. Jobs of one rank request the same for the same fact.
pub(super) type Rank = (Timestamp, bool, FactKey);

/// A change that the app made for a job.
#[derive(Debug, Clone)]
pub(super) struct Applied {
    pub(super) job: usize,
    /// The ranks of jobs that had failed for good when the job claimed its effect, and of which no record shows a
    /// success.
    pub(super) failed: Vec<Rank>,
    /// Whether the app carried the request out after its caller had given it up.
    pub(super) belated: bool,
    /// Whether the job's record had ended before the change, so that the change is not recorded. An end without a claim
    /// leaves the record's token, so the result of a call in progress replaces it.
    pub(super) after_end: bool,
}

/// A call that the app carried out and no record shows.
#[derive(Debug)]
pub(super) struct Unrecorded {
    pub(super) job: usize,
    pub(super) claim: Claim,
    /// Whether its attempt has written another result, because the app's response was lost.
    pub(super) has_ended: bool,
}

/// The results of a job's attempts, other than success.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each result may have happened")]
pub(super) struct Attempts {
    /// The app rejected the request.
    pub(super) rejected: bool,
    /// The app failed, limited the call, or did not respond in time.
    pub(super) failed: bool,
    /// The call ended before a request was sent.
    pub(super) unsent: bool,
    /// The app carried the request out, and no record can say so: its response was lost or late, the worker ended, the
    /// table failed, or the lease had ended.
    pub(super) lost: bool,
    /// The lease had ended before the result was written.
    pub(super) late: bool,
}

/// A buyer who was erased.
#[derive(Debug, Clone, Copy)]
pub(super) struct Erased {
    pub(super) buyer: BuyerKey,
    pub(super) at: Timestamp,
    /// Whether the items are gone.
    pub(super) settled: bool,
}

/// The memory of a sandbox.
#[derive(Debug, Default)]
pub(super) struct Sandbox {
    pub(super) accounts: RefCell<BTreeMap<IntegrationId, (Timestamp, Integration)>>,
    pub(super) answered: Answered,
}

/// A worker's name in the timeline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name(pub(super) usize);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "worker {}", self.0)
    }
}

/// The state of a worker.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) worker: Name,
    pub(super) began: Timestamp,
    /// Whether its rule is compared with the job.
    pub(super) has_waited: bool,
    /// It has called the app, and not written the result yet.
    pub(super) is_unwritten: Cell<bool>,
    /// The app has carried out its call, and the result is not written yet.
    pub(super) is_unrecorded: Cell<bool>,
    pub(super) claim: RefCell<Option<Claim>>,
    /// [`Applied::failed`]
    pub(super) failed: RefCell<Vec<Rank>>,
    /// Whether the change was recorded, or in progress in another attempt, when the worker claimed the effect.
    pub(super) repeats: Cell<bool>,
    /// The token of the job's record as it was read last, blank if there was none.
    pub(super) read: RefCell<String>,
    pub(super) table_failed: Cell<bool>,
    /// The time that the app named.
    pub(super) named: Cell<Option<Timestamp>>,
}

/// The state that all workers share.
pub(super) struct Shared {
    pub(super) table: Memory,
    pub(super) lease: Duration,
    /// The account whose app is out of order, and until when.
    pub(super) outage: Option<(IntegrationId, Timestamp)>,
    pub(super) mood: Cell<Mood>,
    pub(super) state: RefCell<State>,
    pub(super) timeline: Option<RefCell<Vec<String>>>,
}

pub(super) struct State {
    pub(super) now: Timestamp,
    pub(super) tokens: u32,
    pub(super) broken: Option<String>,
    pub(super) jobs: Vec<Job>,
    pub(super) numbered: BTreeMap<JobId, usize>,
    pub(super) events: BTreeMap<EventId, Event>,
    pub(super) rules: Vec<Rule>,
    /// Rules that the merchant disabled or edited at some time.
    pub(super) changed: BTreeSet<RuleId>,
    /// Since when rules are disabled.
    pub(super) disabled: BTreeMap<RuleId, Timestamp>,
    pub(super) deleted: BTreeSet<IntegrationId>,
    pub(super) pauses: BTreeMap<App, AppPause>,
    pub(super) erased: Vec<Erased>,
    /// The state of the apps' switches that were changed.
    pub(super) switches: BTreeMap<EffectKey, Intent>,
    pub(super) applied: Vec<Applied>,
    /// The number of calls of the app for each job.
    pub(super) calls: Vec<u32>,
    /// When each job's record was written last.
    pub(super) written_at: Vec<Timestamp>,
    /// When the delivery that wrote it began: its decision rests on records that it read since.
    pub(super) began_at: Vec<Timestamp>,
    /// The jobs whose record showed a success at some time.
    pub(super) succeeded: BTreeSet<usize>,
    /// The time that the app named at the last call, for each job.
    pub(super) not_before: Vec<Option<Timestamp>>,
    /// The number of forced runs that were requested for each job.
    pub(super) forced: Vec<usize>,
    /// The results of each job's attempts.
    pub(super) attempts: Vec<Attempts>,
    pub(super) unrecorded: Vec<Unrecorded>,
    /// The jobs of requests that were given up, and when the app carries them out.
    pub(super) given_up: Vec<(Timestamp, usize)>,
    /// The job of a change that was repeated although it was recorded, or in progress in another attempt.
    pub(super) repeated: Option<usize>,
    pub(super) reached: BTreeSet<&'static str>,
}

/// A fact as the table stores it.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) fact: usize,
    pub(super) received_at: Timestamp,
    pub(super) decided: BTreeSet<Trigger>,
    /// The triggers that died before they stored their verdicts: Lambda retries them.
    pub(super) died: bool,
}

/// A job's name in the timeline.
pub(super) fn job_name(number: usize) -> String {
    format!("job {number}")
}

pub(super) fn rank(job: &Job) -> Rank {
    (job.ordered_at, job.effect.intent == Intent::Off, job.id.event.fact)
}

impl Shared {
    pub(super) fn now(&self) -> Timestamp {
        self.state.borrow().now
    }

    pub(super) fn unique(&self) -> String {
        let mut state = self.state.borrow_mut();
        state.tokens += 1;
        state.tokens.to_string()
    }

    /// Adds a line to the timeline.
    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        if let Some(timeline) = &self.timeline {
            let passed = self.now().duration_since(shop::BEGIN).as_secs();
            timeline.borrow_mut().push(format!("{passed:>6} s  {}", what()));
        }
    }

    /// Records that an invariant does not hold; the first one counts.
    pub(super) fn breaks(&self, what: impl FnOnce() -> String) {
        let mut state = self.state.borrow_mut();
        state.broken = state.broken.take().or_else(|| Some(what()));
    }

    /// The status of a job's record.
    pub(super) fn status(&self, job: &Job) -> Option<Status> {
        self.table.look(&job.marketplace, &job.id, |record, _| record.status)
    }

    pub(super) fn broken(&self) -> Option<String> {
        self.state.borrow().broken.clone()
    }
}
