//! A model to test deliveries in: a table, an app with one switch for each effect, a queue that delivers more than
//! once, and workers that run [`crate::attempt`] step by step and may stop between any two steps.
//!
//! A step ends where the code waits for an external call. Time does not pass within a step.

mod env;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use domain::admission::Place;
use domain::app::App;
use domain::effect::Effect;
use domain::id::{EffectKey, EventId, FactKey, JobId, JobPart};
use domain::integration::{Ciphertext, Connection, Health, Integration};
use domain::intent::Intent;
use domain::job::Job;
use domain::log::{JobRecord, RESENT_AFTER};
use domain::pause::{AppPause, Note};
use domain::retry::Schedule;
use domain::rule::Rule;
use domain::settings::Settings;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use self::env::Env;
use crate::attempt::{Ack, Delivery, run};
use crate::testing::{self, Memory};

/// After this the platform ends a worker at any point.
const FUNCTION_TIMEOUT: SignedDuration = SignedDuration::from_secs(30);
/// After this an unanswered message is delivered again: six function timeouts.
const VISIBILITY: SignedDuration = SignedDuration::from_secs(180);
/// A message that returns later than this has a record.
const SOON: Duration = Duration::from_secs(5);

/// The job of rule number `rule` and fact number `fact`, which occurred this many seconds after 1970. All jobs have one
/// effect.
pub(super) fn job(fact: u8, second: i64, intent: Intent, rule: u8) -> Job {
    let occurred_at = Timestamp::from_second(second).unwrap();
    let buyer = "0123456789abcdef".parse().unwrap();
    let event = EventId::new(occurred_at, buyer, FactKey::of(&[&fact.to_string()]));
    let part = JobPart::of(&[&rule.to_string(), &format!("{intent:?}")]);
    let job = testing::job(App::MAILCHIMP, "add_to_list", json!({ "list_id": "old" }));
    // The opposite intent uses the same rule here: only the job's settings show which target it was sent for.
    let effect = Effect { key: EffectKey::of(&[job.contact.email.as_str()]), intent };
    Job { id: JobId { event, part }, occurred_at, ordered_at: occurred_at, effect, ..job }
}

/// The rule that requests every job.
pub(super) fn rule() -> Rule {
    let rule = json!({
        "id": "rul_1", "marketplace": "shop-1", "scope": { "kind": "global" }, "trigger": "product_purchased",
        "integration": "int_1", "app": "mailchimp", "action": "add_to_list", "settings": { "list_id": "old" },
        "enabled": true,
    });
    serde_json::from_value(rule).unwrap()
}

/// The order of jobs: the newest job ranks highest. Jobs of one rank request the same for the same fact.
pub(super) fn rank(job: &Job) -> (Timestamp, bool, FactKey) {
    (job.occurred_at, job.effect.intent == Intent::Off, job.id.event.fact)
}

/// How the app or the table handles a step's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Fine,
    /// The app fails, and nothing was done.
    Down,
    /// The request is carried out, and the response is lost.
    Mute,
    /// The call ends before a request is sent.
    Unsent,
    Busy,
    Refuses,
    RefusesCredentials,
    /// The table fails, and nothing was written.
    TableFails,
}

/// Whether the account is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Stored,
    /// It was deleted, and the workers still have it in their cache.
    Cached,
    Deleted,
}

#[derive(Debug, Clone)]
pub(super) struct Message {
    number: u32,
    job: usize,
    /// Whether it was sent from the table.
    resumed: bool,
    receives: u32,
    sent_at: Timestamp,
    visible_at: Timestamp,
}

/// A change that the app made for a job.
#[derive(Debug, Clone, Copy)]
pub(super) struct Applied {
    pub(super) job: usize,
    /// Whether the job's record had ended before the change, so that the change is not recorded. An end without a claim
    /// leaves the record's token, so the result of a call in progress replaces it.
    pub(super) after_end: bool,
}

struct Worker {
    message: Message,
    started: Timestamp,
    flow: Pin<Box<dyn Future<Output = Ack>>>,
    trace: Rc<Trace>,
    ack: Option<Ack>,
}

/// The state of a worker.
#[derive(Debug, Default)]
struct Trace {
    /// It has called the app, and not written the result yet.
    is_unwritten: Cell<bool>,
    leased_until: Cell<Option<Timestamp>>,
    /// The token of the job's record as it was read last, blank if there was none.
    read: RefCell<String>,
    table_failed: Cell<bool>,
}

/// The whole model.
pub(super) struct World {
    pub(super) shared: Rc<Shared>,
    pub(super) queue: Vec<Message>,
    workers: Vec<Worker>,
    numbers: u32,
    /// The job of a message that was to return late without a record.
    pub(super) waits_unseen: Option<usize>,
}

/// The state that all workers share.
pub(super) struct Shared {
    pub(super) jobs: Vec<Job>,
    pub(super) table: Memory,
    schedule: Schedule,
    lease: Duration,
    pub(super) state: RefCell<State>,
}

pub(super) struct State {
    pub(super) now: Timestamp,
    mood: Mood,
    tokens: u32,
    pub(super) account: Integration,
    pub(super) presence: Presence,
    /// Whether the merchant disabled the rule, other than by deleting its account.
    pub(super) disabled: bool,
    /// Whether a call ended before a request was sent.
    pub(super) unsent: bool,
    pub(super) pause: Option<AppPause>,
    pub(super) rule: Rule,
    /// The state of the app's switches that were changed.
    pub(super) switches: BTreeMap<EffectKey, Intent>,
    pub(super) applied: Vec<Applied>,
    /// The settings of the last call.
    pub(super) settings: Settings,
    /// The number of calls of the app for each job.
    pub(super) calls: Vec<u32>,
    /// One entry for each time that a job cannot know whether the app carried out its request: its worker ended between
    /// call and write, or outlived its lease, or the app's response was lost.
    pub(super) excuses: Vec<usize>,
}

impl World {
    /// A model where every job has been sent once.
    pub(super) fn new(jobs: &[Job], lease: Duration) -> Self {
        let state = State {
            now: Timestamp::from_second(1000).unwrap(),
            mood: Mood::Fine,
            tokens: 0,
            account: testing::account(App::MAILCHIMP, "api_key"),
            presence: Presence::Stored,
            disabled: false,
            unsent: false,
            pause: None,
            rule: rule(),
            switches: BTreeMap::new(),
            applied: Vec::new(),
            settings: Settings::default(),
            calls: vec![0; jobs.len()],
            excuses: Vec::new(),
        };
        let shared = Shared {
            jobs: jobs.to_vec(),
            table: Memory::default(),
            schedule: "5,60,300,300,300,300".parse().unwrap(),
            lease,
            state: RefCell::new(state),
        };
        let (shared, queue, workers) = (Rc::new(shared), Vec::new(), Vec::new());
        let mut world = Self { shared, queue, workers, numbers: 0, waits_unseen: None };
        (0..jobs.len()).for_each(|job| world.send(job, false));
        world
    }

    pub(super) fn now(&self) -> Timestamp {
        self.shared.state.borrow().now
    }

    pub(super) fn stands(&self, job: &Job) -> Option<(JobRecord, Place)> {
        self.shared.table.stands(&job.marketplace, &job.id)
    }

    /// Sends a job, for the first time or again.
    pub(super) fn send(&mut self, job: usize, resumed: bool) {
        self.numbers += 1;
        let (number, now) = (self.numbers, self.now());
        let message = Message { number, job, resumed, receives: 0, sent_at: now, visible_at: now };
        self.queue.push(message);
    }

    pub(super) fn advance(&mut self, seconds: i64) {
        self.shared.state.borrow_mut().now += SignedDuration::from_secs(seconds);
    }

    /// Delivers a visible message to a new worker; `false`: there is no visible message.
    pub(super) fn deliver(&mut self, nth: usize) -> bool {
        let now = self.now();
        let mut visible: Vec<_> = self.queue.iter_mut().filter(|message| message.visible_at <= now).collect();
        let count = visible.len().max(1);
        let Some(message) = visible.get_mut(nth % count) else { return false };
        message.receives += 1;
        message.visible_at = now + VISIBILITY;
        let message = message.clone();
        let trace = Rc::new(Trace::default());
        let env = Env { shared: Rc::clone(&self.shared), job: message.job, trace: Rc::clone(&trace) };
        let job = Job { resumed: message.resumed, ..self.shared.jobs[message.job].clone() };
        let (receives, sent_at, deadline) = (message.receives, Some(message.sent_at), now + FUNCTION_TIMEOUT);
        let flow =
            Box::pin(async move { run(&env, Delivery { job: &job, receives, sent_at, deadline }).await });
        self.workers.push(Worker { message, started: now, flow, trace, ack: None });
        true
    }

    pub(super) fn workers(&self) -> usize {
        self.workers.len()
    }

    /// A worker ends. Its message returns when its visibility timeout ends.
    pub(super) fn crash(&mut self, nth: usize) {
        if self.workers.is_empty() {
            return;
        }
        let worker = self.workers.remove(nth % self.workers.len());
        if worker.trace.is_unwritten.get() {
            self.shared.state.borrow_mut().excuses.push(worker.message.job);
        }
    }

    /// A waiting message is lost.
    pub(super) fn lose(&mut self, nth: usize) {
        let waits = |message: &Message| {
            let stands = self.stands(&self.shared.jobs[message.job]);
            stands.is_some_and(|(_, place)| matches!(place, Place::Queue { .. }))
        };
        let lost: Vec<_> = (0..self.queue.len()).filter(|index| waits(&self.queue[*index])).collect();
        if let Some(index) = lost.get(nth % lost.len().max(1)) {
            self.queue.remove(*index);
        }
    }

    /// The sweeper sends the due jobs, unless it ends before.
    pub(super) fn sweep(&mut self, dies: bool) {
        let now = self.now();
        let due = |place| match place {
            Place::Queue { lost_at: due, .. } | Place::Table(due) => due <= now,
            Place::Nowhere | Place::Reconnect | Place::Resume => false,
        };
        self.release(due, dies);
    }

    /// The merchant connects the account again.
    pub(super) fn reconnect(&mut self) {
        let mut state = self.shared.state.borrow_mut();
        if state.account.connection != Connection::Connected {
            state.account.connection = Connection::Connected;
            state.account.credentials = Ciphertext(format!("{}+", state.account.credentials.0));
            state.account.health = Health::default();
        }
        drop(state);
        self.release(|place| place == Place::Reconnect, false);
    }

    /// The merchant disables the rule.
    pub(super) fn disable(&mut self) {
        let mut state = self.shared.state.borrow_mut();
        (state.rule.enabled, state.disabled) = (false, true);
    }

    /// The merchant deletes the account, which disables its rule. If it is `cached`, the workers do not know.
    pub(super) fn disconnect(&mut self, cached: bool) {
        let mut state = self.shared.state.borrow_mut();
        state.rule.enabled = false;
        state.presence = if cached { Presence::Cached } else { Presence::Deleted };
        drop(state);
        self.release(|place| place == Place::Reconnect, false);
    }

    pub(super) fn pause(&mut self) {
        let mut state = self.shared.state.borrow_mut();
        let since = state.now;
        state.pause = Some(AppPause { app: App::MAILCHIMP, note: Note::new("It is down.").unwrap(), since });
    }

    pub(super) fn resume(&mut self) {
        self.shared.state.borrow_mut().pause = None;
        self.release(|place| place == Place::Resume, false);
    }

    fn release(&mut self, goes: impl Fn(Place) -> bool, dies: bool) {
        let released = self.shared.table.take(|_, place| goes(place), self.now() + RESENT_AFTER);
        for message in released.into_iter().filter(|_| !dies) {
            let job = self.shared.jobs.iter().position(|job| job.id == message.id).unwrap();
            self.send(job, message.resumed);
        }
    }

    /// One step of one worker; `false`: there is no worker.
    pub(super) fn step(&mut self, nth: usize, mood: Mood) -> bool {
        if self.workers.is_empty() {
            return false;
        }
        let nth = nth % self.workers.len();
        if self.now() > self.workers[nth].started + FUNCTION_TIMEOUT {
            self.crash(nth);
            return true;
        }
        self.shared.state.borrow_mut().mood = mood;
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
        let (number, job, now) = (worker.message.number, worker.message.job, self.now());
        match ack {
            Ack::Done => self.queue.retain(|message| message.number != number),
            Ack::Nack(wait) => {
                let row = self.stands(&self.shared.jobs[job]);
                if wait > SOON && row.is_none() && !worker.trace.table_failed.get() {
                    self.waits_unseen = Some(job);
                }
                let mut queue = self.queue.iter_mut();
                if let Some(message) = queue.find(|message| message.number == number) {
                    message.visible_at = now + SignedDuration::try_from(wait).unwrap();
                }
            }
        }
    }
}
