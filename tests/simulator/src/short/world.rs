//! The world of a short history: one shop, its queue, and workers that run [`connector::attempt`] step by step and may
//! stop between any two steps.
//!
//! A step ends where the code waits for an external call. Time does not pass within a step.

mod merchant;
mod planner;
mod settle;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use connector::attempt::{Ack, Delivery, run};
use connector::testing::Memory;
use domain::admission::Place;
use domain::job::Job;
use domain::log::{JobRecord, RESENT_AFTER};
use domain::time;
use jiff::{SignedDuration, Timestamp};
use runtime::metrics;

use super::env::Env;
use super::facts::{FactSpec, Received};
use super::history::{History, Mood, Step};
use super::shop;
use super::state::{Applied, Name, Sandbox, Shared, State, Trace, job_name};
use crate::report::Run;

/// The most attempts of a run: one more than the waits.
pub(super) const MOST_ATTEMPTS: u32 = 7;
/// After this the platform ends a worker at any point.
const FUNCTION_TIMEOUT: SignedDuration = SignedDuration::from_secs(30);
/// After this an unanswered message is delivered again: six function timeouts.
const VISIBILITY: SignedDuration = SignedDuration::from_secs(180);
/// A message that returns later than this has a record.
const SOON: Duration = Duration::from_secs(5);
/// The number of sandboxes that serve the queue.
const SANDBOXES: usize = 2;

#[derive(Debug, Clone)]
pub(super) struct Message {
    number: usize,
    job: usize,
    body: Job,
    receives: u32,
    sent_at: Timestamp,
    visible_at: Timestamp,
}

struct Worker {
    message: Message,
    sandbox: usize,
    flow: Pin<Box<dyn Future<Output = Ack>>>,
    trace: Rc<Trace>,
    ack: Option<Ack>,
}

/// The whole world.
pub(super) struct World {
    pub(super) shared: Rc<Shared>,
    facts: Vec<FactSpec>,
    queue: Vec<Message>,
    workers: Vec<Worker>,
    sandboxes: [Rc<Sandbox>; SANDBOXES],
    numbers: usize,
}

impl World {
    pub(super) fn new(history: &History, traced: bool) -> Self {
        let state = State {
            now: shop::BEGIN,
            tokens: 0,
            broken: None,
            jobs: Vec::new(),
            numbered: BTreeMap::new(),
            events: BTreeMap::new(),
            rules: history.rules.iter().map(|rule| shop::rules()[*rule].clone()).collect(),
            changed: BTreeSet::new(),
            disabled: BTreeMap::new(),
            deleted: BTreeSet::new(),
            pauses: BTreeMap::new(),
            erased: Vec::new(),
            switches: BTreeMap::new(),
            applied: Vec::new(),
            calls: Vec::new(),
            written_at: Vec::new(),
            began_at: Vec::new(),
            not_before: Vec::new(),
            forced: Vec::new(),
            succeeded: BTreeSet::new(),
            attempts: Vec::new(),
            unrecorded: Vec::new(),
            given_up: Vec::new(),
            repeated: None,
            reached: BTreeSet::new(),
        };
        let table = Memory::default();
        for account in shop::accounts() {
            table.save(account.clone());
        }
        let shared = Shared {
            table,
            lease: history.lease,
            outage: history.outage.map(|(nth, seconds)| {
                let account = &shop::accounts()[nth % shop::accounts().len()];
                (account.id.clone(), shop::BEGIN + SignedDuration::from_secs(seconds))
            }),
            mood: Cell::new(Mood::Fine),
            state: RefCell::new(state),
            timeline: traced.then(RefCell::default),
        };
        Self {
            shared: Rc::new(shared),
            facts: history.facts.clone(),
            queue: Vec::new(),
            workers: Vec::new(),
            sandboxes: Default::default(),
            numbers: 0,
        }
    }

    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        self.shared.note(what);
    }

    pub(super) fn into_run(self, violation: Option<String>) -> Run {
        let simulated = time::between(shop::BEGIN, self.shared.now());
        let reached = std::mem::take(&mut self.shared.state.borrow_mut().reached);
        let timeline = self.shared.timeline.as_ref().map(RefCell::take).unwrap_or_default();
        Run { violation, timeline, simulated, reached }
    }

    pub(super) fn stands(&self, job: &Job) -> Option<(JobRecord, Place)> {
        self.shared.table.stands(&job.marketplace, &job.id)
    }

    pub(super) fn play(&mut self, step: Step) {
        match step {
            Step::Publish { fact, dies } => self.publish(fact, dies),
            Step::Deliver(nth) => drop(self.deliver(nth)),
            Step::Work(nth, steps, mood) => {
                let count = self.workers.len();
                (0..steps).take_while(|_| self.workers.len() == count && self.step(nth, mood)).for_each(drop);
            }
            Step::Perform(nth, mood) => self.perform(nth, mood),
            Step::Crash(nth) => self.crash(nth),
            Step::Pass(seconds) => self.advance(seconds),
            Step::Repeat(nth) => self.repeat(nth),
            Step::Lose(nth) => self.lose(nth),
            Step::Sweep { dies } => self.sweep(dies),
            Step::Reconnect(nth) => self.reconnect(nth),
            Step::Delete(nth) => self.delete(nth),
            Step::Pause(nth) => self.pause(nth),
            Step::Resume(nth) => self.resume(nth),
            Step::Switch(nth) => self.switch(nth),
            Step::Edit(nth) => self.edit(nth),
            Step::Replay { fact, forced } => self.replay(fact, forced),
            Step::Erase(nth) => self.erase(nth),
        }
    }

    pub(super) fn fact(&self, number: usize) -> Rc<Received> {
        self.facts[number].received()
    }

    /// The number of workers.
    #[cfg(test)]
    pub(super) fn workers(&self) -> usize {
        self.workers.len()
    }

    /// The place of a job's message among the visible ones.
    #[cfg(test)]
    pub(super) fn queue_of(&self, job: usize) -> usize {
        let now = self.shared.now();
        let mut visible = self.queue.iter().filter(|message| message.visible_at <= now);
        visible.position(|message| message.job == job).unwrap_or_default()
    }

    fn send(&mut self, job: usize, body: Job) {
        self.numbers += 1;
        let (number, now) = (self.numbers, self.shared.now());
        self.queue.push(Message { number, job, body, receives: 0, sent_at: now, visible_at: now });
    }

    fn advance(&mut self, seconds: i64) {
        let mut state = self.shared.state.borrow_mut();
        state.now += SignedDuration::from_secs(seconds);
        drop(state);
        self.arrive();
        self.settle_erasures();
    }

    /// The apps carry out requests that were given up.
    fn arrive(&self) {
        loop {
            let mut state = self.shared.state.borrow_mut();
            let Some(next) = state.given_up.iter().position(|(at, _)| *at <= state.now) else { break };
            let (_, job) = state.given_up.remove(next);
            let effect = state.jobs[job].effect.clone();
            state.applied.push(Applied { job, failed: Vec::new(), belated: true, after_end: false });
            state.switches.insert(effect.key, effect.intent);
            drop(state);
            self.note(|| format!("the app carries out {}, which was given up", job_name(job)));
        }
    }

    /// Delivers a visible message to a new worker; `false`: there is no visible message.
    pub(super) fn deliver(&mut self, nth: usize) -> bool {
        let now = self.shared.now();
        let mut visible: Vec<_> = self.queue.iter_mut().filter(|message| message.visible_at <= now).collect();
        let count = visible.len().max(1);
        let Some(message) = visible.get_mut(nth % count) else { return false };
        message.receives += 1;
        message.visible_at = now + VISIBILITY;
        let message = message.clone();
        self.numbers += 1;
        let (worker, sandbox) = (Name(self.numbers), self.numbers % SANDBOXES);
        self.shared.note(|| {
            let Job { id, action, integration, effect, .. } = &message.body;
            let (job, receives) = (job_name(message.job), message.receives);
            format!("{worker} of sandbox {sandbox} receives {job} (receive {receives}): {action} in {integration}, effect {:?} {}, {id}", effect.intent, effect.key)
        });
        let trace = Rc::new(Trace {
            worker,
            began: now,
            has_waited: message.receives > 1 || message.body.resumed || message.body.rerun.is_some(),
            is_unwritten: Cell::new(false),
            is_unrecorded: Cell::new(false),
            claim: RefCell::default(),
            failed: RefCell::default(),
            repeats: Cell::new(false),
            read: RefCell::default(),
            table_failed: Cell::new(false),
            named: Cell::new(None),
        });
        let env = Env {
            shared: Rc::clone(&self.shared),
            sandbox: Rc::clone(&self.sandboxes[sandbox]),
            job: message.job,
            trace: Rc::clone(&trace),
        };
        let job = message.body.clone();
        let (receives, sent_at, deadline) = (message.receives, Some(message.sent_at), now + FUNCTION_TIMEOUT);
        let flow = Box::pin(async move {
            let delivery = Delivery { job: &job, receives, sent_at, deadline };
            let (ack, numbers) = Box::pin(metrics::gather(run(&env, delivery))).await;
            env.shared.state.borrow_mut().reached.extend(numbers.names());
            ack
        });
        self.workers.push(Worker { message, sandbox, flow, trace, ack: None });
        true
    }

    /// Delivers a message, and continues its worker to the end.
    fn perform(&mut self, nth: usize, mood: Mood) {
        if self.deliver(nth) {
            let count = self.workers.len();
            while self.workers.len() == count {
                self.step(count - 1, mood);
            }
        }
    }

    /// A worker's sandbox ends with its memory. The message returns when its visibility timeout ends.
    fn crash(&mut self, nth: usize) {
        if self.workers.is_empty() {
            return;
        }
        let worker = self.workers.remove(nth % self.workers.len());
        self.note(|| format!("{} crashes", worker.trace.worker));
        self.sandboxes[worker.sandbox] = Rc::default();
        if worker.trace.is_unrecorded.get() {
            self.shared.state.borrow_mut().attempts[worker.message.job].lost = true;
        }
    }

    /// The queue delivers a message twice.
    fn repeat(&mut self, nth: usize) {
        if let Some(Message { job, body, .. }) = self.queue.get(nth % self.queue.len().max(1)).cloned() {
            self.note(|| format!("the message of {} is repeated", job_name(job)));
            self.send(job, body);
        }
    }

    /// A message whose job waits on the queue is lost.
    fn lose(&mut self, nth: usize) {
        let waits = |message: &Message| {
            let stands = self.stands(&message.body);
            stands.is_some_and(|(_, place)| matches!(place, Place::Queue { .. }))
        };
        let lost: Vec<_> = (0..self.queue.len()).filter(|index| waits(&self.queue[*index])).collect();
        if let Some(index) = lost.get(nth % lost.len().max(1)) {
            let message = self.queue.remove(*index);
            self.note(|| format!("the message of {} is lost", job_name(message.job)));
        }
    }

    /// The sweeper sends the due jobs, unless it ends before.
    fn sweep(&mut self, dies: bool) {
        let now = self.shared.now();
        let due = |_: &Job, place: Place| match place {
            Place::Queue { lost_at: due, .. } | Place::Table(due) => due <= now,
            Place::Nowhere | Place::Reconnect | Place::Resume => false,
        };
        self.release(due, dies);
    }

    fn release(&mut self, goes: impl Fn(&Job, Place) -> bool, dies: bool) {
        let again = self.shared.now() + RESENT_AFTER;
        for body in self.shared.table.take(goes, again) {
            let job = self.shared.state.borrow().numbered[&body.id];
            self.note(|| {
                format!("{} is taken{}", job_name(job), if dies { ", and the sweep dies" } else { "" })
            });
            if !dies {
                self.send(job, body);
            }
        }
    }

    /// One step of one worker; `false`: there is no worker.
    pub(super) fn step(&mut self, nth: usize, mood: Mood) -> bool {
        if self.workers.is_empty() {
            return false;
        }
        let nth = nth % self.workers.len();
        if self.shared.now() > self.workers[nth].trace.began + FUNCTION_TIMEOUT {
            self.crash(nth);
            return true;
        }
        self.shared.mood.set(mood);
        let worker = &mut self.workers[nth];
        if let Some(ack) = worker.ack {
            let worker = self.workers.remove(nth);
            self.answer(&worker, ack);
        } else if let Poll::Ready(ack) = worker.flow.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            worker.ack = Some(ack);
        }
        true
    }

    fn answer(&mut self, worker: &Worker, ack: Ack) {
        let (number, job, now) = (worker.message.number, worker.message.job, self.shared.now());
        self.note(|| match ack {
            Ack::Done => format!("{} ends: the message is deleted", worker.trace.worker),
            Ack::Nack(wait) => format!("{} ends: the message returns in {wait:?}", worker.trace.worker),
        });
        match ack {
            Ack::Done => self.queue.retain(|message| message.number != number),
            Ack::Nack(wait) => {
                if wait > SOON
                    && self.stands(&worker.message.body).is_none()
                    && !worker.trace.table_failed.get()
                {
                    self.shared.breaks(|| format!("{} waits without a record", job_name(job)));
                }
                let mut queue = self.queue.iter_mut();
                if let Some(message) = queue.find(|message| message.number == number) {
                    message.visible_at = now + SignedDuration::try_from(wait).unwrap_or_default();
                }
            }
        }
    }
}
