//! The state of a short history that its workers, its merchant and its checks share.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use connector::circuit_breaker::Answered;
use connector::testing::Memory;
use domain::app::App;
use domain::id::{BuyerKey, EffectKey, EventId, FactKey, IntegrationId, JobId, RuleId};
use domain::integration::Integration;
use domain::intent::Intent;
use domain::job::Job;
use domain::pause::AppPause;
use domain::rule::Rule;
use domain::trigger::Trigger;
use jiff::Timestamp;

use super::history::Mood;
use super::shop;

/// A change that the app made for a job.
#[derive(Debug, Clone, Copy)]
pub(super) struct Applied {
    pub(super) job: usize,
    /// Whether the job's record had ended before the change, so that the change is not recorded. An end without a claim
    /// leaves the record's token, so the result of a call in progress replaces it.
    pub(super) after_end: bool,
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

/// The state of a worker.
#[derive(Debug)]
pub(super) struct Trace {
    /// Its name in the timeline.
    pub(super) worker: String,
    pub(super) began: Timestamp,
    /// Whether its rule is compared with the job.
    pub(super) has_waited: bool,
    /// It has called the app, and not written the result yet.
    pub(super) is_unwritten: Cell<bool>,
    pub(super) leased_until: Cell<Option<Timestamp>>,
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
    /// Whether a call ended before a request was sent.
    pub(super) unsent: bool,
    /// The state of the apps' switches that were changed.
    pub(super) switches: BTreeMap<EffectKey, Intent>,
    pub(super) applied: Vec<Applied>,
    /// The number of calls of the app for each job.
    pub(super) calls: Vec<u32>,
    /// When each job's record was written last.
    pub(super) written_at: Vec<Timestamp>,
    /// The time that the app named at the last call, for each job.
    pub(super) not_before: Vec<Option<Timestamp>>,
    /// The number of forced runs that were requested for each job.
    pub(super) forced: Vec<usize>,
    /// One entry for each time that a job cannot know whether the app carried out its request: its worker ended between
    /// call and write, or outlived its lease, or the app's response was lost.
    pub(super) excuses: Vec<usize>,
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

/// The order of jobs: the newest job ranks highest. Jobs of one rank request the same for the same fact.
pub(super) fn rank(job: &Job) -> (Timestamp, bool, FactKey) {
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

    pub(super) fn job(&self, number: usize) -> Job {
        self.state.borrow().jobs[number].clone()
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

    pub(super) fn broken(&self) -> Option<String> {
        self.state.borrow().broken.clone()
    }
}
