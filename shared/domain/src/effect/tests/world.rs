//! A world to try the ledger in: a table, an app with one switch, a queue that delivers more than once, and workers
//! that go through the protocol of `shared/connector/src/worker.rs` step by step and may stop between any two steps.
//!
//! Time stands still within a step. Every job here wants the same effect, which is where jobs can meet at all.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::effect::{Claim, Intent, Ruling, rule};
use crate::id::{BuyerKey, EventId, FactKey, IntegrationId, JobId, JobPart, MarketplaceId, RuleId};
use crate::log::{JobRecord, Status};
use crate::outcome::{Outcome, Setback};
use crate::retry::{Place, Schedule, place};
use crate::settle::{Settled, settle};
use crate::trigger::Trigger;

/// After this the platform ends a worker wherever it is.
const FUNCTION_TIMEOUT: SignedDuration = SignedDuration::from_secs(30);
/// After this an unanswered message is delivered again: six function timeouts.
const VISIBILITY: SignedDuration = SignedDuration::from_secs(180);
/// After this a parked job that was taken for release is due again.
const AGAIN: SignedDuration = SignedDuration::from_mins(15);
/// When our own services fail, a job returns after this.
const OWN_FAULT_WAIT: Duration = Duration::from_secs(5);
/// How often a claim is tried.
const CLAIM_ROUNDS: u32 = 3;

/// A job, as far as the ledger knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) id: JobId,
    pub(super) occurred_at: Timestamp,
    pub(super) intent: Intent,
}

impl Target {
    /// The job that rule number `rule` makes of fact number `fact`, which occurred so many seconds after 1970.
    pub(super) fn new(fact: u8, second: i64, intent: Intent, rule: u8) -> Self {
        let occurred_at = Timestamp::from_second(second).unwrap();
        let fact = FactKey::of(&[&fact.to_string()]);
        let event = EventId::new(occurred_at, BuyerKey::of_email("ana@example.com"), fact);
        let part = JobPart::of(&[&rule.to_string(), &format!("{intent:?}")]);
        Self { id: JobId { event, part }, occurred_at, intent }
    }

    /// What the newest job has most of. Jobs of one rank want the same of the same fact.
    pub(super) fn rank(&self) -> (Timestamp, bool, FactKey) {
        (self.occurred_at, self.intent == Intent::Off, self.id.event.fact)
    }

    pub(super) fn record(&self, settled: Settled, token: &str, now: Timestamp) -> JobRecord {
        JobRecord {
            id: self.id,
            marketplace: MarketplaceId::new("demo").unwrap(),
            rule: RuleId::new("rul_1").unwrap(),
            trigger: Trigger::ProductPurchased,
            integration: IntegrationId::new("int_1").unwrap(),
            app: App::Mailchimp,
            action: "add_to_list".to_owned(),
            intent: self.intent,
            effect: None,
            email: "ana@example.com".to_owned(),
            line: None,
            occurred_at: self.occurred_at,
            updated_at: now,
            status: settled.status,
            reason: settled.reason,
            next_attempt: settled.next_attempt,
            attempts: settled.attempts,
            history: Vec::new(),
            token: token.to_owned(),
            run: None,
        }
    }
}

/// How the app, or the table, takes what a step asks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Fine,
    /// It fails, and nothing was done.
    Down,
    /// It is done, and the answer is lost.
    Mute,
    Busy,
    Refuses,
    RefusesCredentials,
}

/// Where a job waits, beside its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parked {
    No,
    Until(Timestamp),
    ForReconnect,
}

#[derive(Debug, Clone)]
pub(super) struct Message {
    number: u32,
    job: usize,
    /// Whether it comes from the table.
    resumed: bool,
    receives: u32,
    visible_at: Timestamp,
}

/// What a worker does next.
#[derive(Debug, Clone)]
enum Step {
    Claim { over: Option<Claim>, round: u32 },
    Judge { held: Claim, round: u32 },
    Resume,
    Call { before: Option<JobRecord> },
    Mark { before: Option<JobRecord>, outcome: Outcome },
    FindToEnd { status: Status },
    End { status: Status, before: Option<JobRecord> },
    FindToPark { until: Timestamp },
    Park { until: Timestamp, before: Option<JobRecord> },
    Answer(Ack),
}

#[derive(Debug, Clone, Copy)]
enum Ack {
    Done,
    ShowAgain(Duration),
}

#[derive(Debug)]
struct Worker {
    message: Message,
    token: String,
    started: Timestamp,
    step: Step,
}

/// What the app did for a job.
#[derive(Debug, Clone, Copy)]
pub(super) struct Applied {
    pub(super) job: usize,
    /// Whether it did so although the job's record said that it had ended.
    pub(super) after_end: bool,
}

/// Everything there is.
#[derive(Debug)]
pub(super) struct World {
    pub(super) jobs: Vec<Target>,
    pub(super) records: BTreeMap<JobId, (JobRecord, Parked)>,
    pub(super) queue: Vec<Message>,
    /// How the app's switch stands, if anybody touched it.
    pub(super) switch: Option<Intent>,
    pub(super) applied: Vec<Applied>,
    /// One entry for each time that a job cannot know whether the app did it: its worker died between call and mark,
    /// or outlived its lease, or the app's answer was lost.
    pub(super) excuses: Vec<usize>,
    now: Timestamp,
    lease: SignedDuration,
    claim: Option<Claim>,
    workers: Vec<Worker>,
    connected: bool,
    schedule: Schedule,
    numbers: u32,
}

impl World {
    /// A world where every job has been sent once.
    pub(super) fn new(jobs: &[Target], lease: SignedDuration) -> Self {
        let mut world = Self {
            jobs: jobs.to_vec(),
            records: BTreeMap::new(),
            queue: Vec::new(),
            switch: None,
            applied: Vec::new(),
            excuses: Vec::new(),
            now: Timestamp::from_second(1000).unwrap(),
            lease,
            claim: None,
            workers: Vec::new(),
            connected: true,
            schedule: "5,60,300,300,300,300".parse().unwrap(),
            numbers: 0,
        };
        (0..jobs.len()).for_each(|job| world.send(job, false));
        world
    }

    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    /// Sends a job, be it for the first time or not.
    pub(super) fn send(&mut self, job: usize, resumed: bool) {
        let number = self.number();
        self.queue.push(Message { number, job, resumed, receives: 0, visible_at: self.now });
    }

    pub(super) fn advance(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// Hands a visible message to a new worker; `false`: there is none.
    pub(super) fn deliver(&mut self, nth: usize) -> bool {
        let (now, token) = (self.now, self.number().to_string());
        let mut visible: Vec<_> = self.queue.iter_mut().filter(|message| message.visible_at <= now).collect();
        let count = visible.len().max(1);
        let Some(message) = visible.get_mut(nth % count) else { return false };
        message.receives += 1;
        message.visible_at = now + VISIBILITY;
        let message = message.clone();
        let step = if self.connected {
            Step::Claim { over: None, round: 0 }
        } else {
            Step::FindToEnd { status: Status::Held }
        };
        self.workers.push(Worker { message, token, started: now, step });
        true
    }

    pub(super) fn workers(&self) -> usize {
        self.workers.len()
    }

    /// A worker dies. Its message returns when its visibility timeout ends.
    pub(super) fn crash(&mut self, nth: usize) {
        if self.workers.is_empty() {
            return;
        }
        let worker = self.workers.remove(nth % self.workers.len());
        if matches!(worker.step, Step::Mark { .. }) {
            self.excuses.push(worker.message.job);
        }
    }

    /// The sweeper releases what is due, unless it dies before it sends.
    pub(super) fn sweep(&mut self, dies: bool) {
        let now = self.now;
        self.release(|parked| matches!(parked, Parked::Until(due) if due <= now), dies);
    }

    pub(super) fn disconnect(&mut self) {
        self.connected = false;
    }

    /// The merchant connects the account again.
    pub(super) fn reconnect(&mut self) {
        self.connected = true;
        self.release(|parked| parked == Parked::ForReconnect, false);
    }

    fn release(&mut self, goes: impl Fn(Parked) -> bool, dies: bool) {
        let again = Parked::Until(self.now + AGAIN);
        let mut released = Vec::new();
        for (id, (_, parked)) in &mut self.records {
            if goes(*parked) {
                *parked = again;
                released.extend(self.jobs.iter().position(|job| job.id == *id));
            }
        }
        for job in released.into_iter().filter(|_| !dies) {
            self.send(job, true);
        }
    }

    /// One step of one worker; `false`: there is none.
    pub(super) fn step(&mut self, nth: usize, mood: Mood) -> bool {
        if self.workers.is_empty() {
            return false;
        }
        let nth = nth % self.workers.len();
        if self.now > self.workers[nth].started + FUNCTION_TIMEOUT {
            self.crash(nth);
            return true;
        }
        let mut worker = self.workers.remove(nth);
        if let Step::Answer(ack) = worker.step {
            self.answer(worker.message.number, ack);
        } else {
            worker.step = self.next(&worker, mood);
            self.workers.insert(nth, worker);
        }
        true
    }

    fn answer(&mut self, number: u32, ack: Ack) {
        match ack {
            Ack::Done => self.queue.retain(|message| message.number != number),
            Ack::ShowAgain(wait) => {
                let mut queue = self.queue.iter_mut();
                if let Some(message) = queue.find(|message| message.number == number) {
                    message.visible_at = self.now + SignedDuration::try_from(wait).unwrap();
                }
            }
        }
    }

    fn next(&mut self, worker: &Worker, mood: Mood) -> Step {
        let job = self.jobs[worker.message.job];
        let began = worker.started;
        let own = self.records.get(&job.id).map(|(record, _)| record.clone());
        let attempts = |before: &Option<JobRecord>| before.as_ref().map_or(0, |record| record.attempts);
        let ended = |before: &Option<JobRecord>| before.as_ref().is_some_and(|it| it.status.is_final());
        match worker.step.clone() {
            Step::Answer(_) => unreachable!("answered by the caller"),
            Step::Claim { round: CLAIM_ROUNDS, .. } => Step::FindToPark { until: began },
            Step::Claim { over, round } => self.claim(worker, over.as_ref(), round, mood),
            Step::Judge { held, round } => {
                let record = self.records.get(&held.job).map(|(record, _)| record);
                match rule(job.id, job.occurred_at, job.intent, &held, record, began) {
                    Ruling::Take => Step::Claim { over: Some(held), round },
                    Ruling::Ended => Step::Answer(Ack::Done),
                    Ruling::Duplicate(_) => Step::FindToEnd { status: Status::Duplicate },
                    Ruling::Superseded(_) => Step::FindToEnd { status: Status::Superseded },
                    Ruling::Wait(until) => Step::FindToPark { until },
                }
            }
            Step::Resume if ended(&own) => Step::Answer(Ack::Done),
            Step::Resume => Step::Call { before: own },
            // The lease is looked at right before the call, which is cut off when it ends.
            Step::Call { .. } if self.now >= began + self.lease => {
                Step::Answer(Ack::ShowAgain(OWN_FAULT_WAIT))
            }
            Step::Call { before } => Step::Mark { before, outcome: self.call(worker.message.job, mood) },
            Step::Mark { before, outcome } => {
                if self.now >= began + self.lease {
                    self.excuses.push(worker.message.job);
                }
                self.connected &= !matches!(outcome, Outcome::Not(Setback::ReconnectNeeded { .. }));
                let settled = settle(outcome, attempts(&before), &self.schedule, 0.5, self.now);
                self.write(
                    worker,
                    settled,
                    Some(&worker.token),
                    before.as_ref(),
                    worker.message.receives,
                    mood,
                )
            }
            Step::FindToEnd { status } => Step::End { status, before: own },
            Step::End { before, .. } if ended(&before) => Step::Answer(Ack::Done),
            Step::End { status, before } => {
                let attempts = attempts(&before);
                let settled = Settled { status, reason: None, next_attempt: None, attempts };
                self.write(worker, settled, None, before.as_ref(), 0, mood)
            }
            Step::FindToPark { until } => {
                let wait = Duration::try_from(until.duration_since(began)).unwrap_or_default();
                match place(wait.max(Duration::from_secs(1)), worker.message.receives) {
                    Place::Queue(wait) => Step::Answer(Ack::ShowAgain(wait)),
                    Place::Table => Step::Park { until, before: own },
                }
            }
            Step::Park { before, .. } if ended(&before) => Step::Answer(Ack::Done),
            // Parked, even where the record names a time already: it may have been waiting in the queue.
            Step::Park { until, before } => {
                let (status, attempts) = (Status::Retrying, attempts(&before));
                let settled = Settled { status, reason: None, next_attempt: Some(until), attempts };
                self.write(worker, settled, None, before.as_ref(), u32::MAX, mood)
            }
        }
    }

    /// Puts the claim on condition that there is none, or still the one that may be taken over.
    fn claim(&mut self, worker: &Worker, over: Option<&Claim>, round: u32, mood: Mood) -> Step {
        let job = self.jobs[worker.message.job];
        if let Some(held) = &self.claim
            && over.is_none_or(|over| over.token != held.token)
        {
            return Step::Judge { held: held.clone(), round: round + 1 };
        }
        let claim = Claim {
            job: job.id,
            ordered_at: job.occurred_at,
            intent: job.intent,
            token: worker.token.clone(),
            leased_until: worker.started + self.lease,
        };
        self.claim = Some(claim.clone());
        if mood == Mood::Mute {
            // The client asks again, and is told of its own claim.
            return Step::Judge { held: claim, round: round + 1 };
        }
        if worker.message.resumed || over.is_some() { Step::Resume } else { Step::Call { before: None } }
    }

    fn call(&mut self, job: usize, mood: Mood) -> Outcome {
        if matches!(mood, Mood::Fine | Mood::Mute) {
            let target = self.jobs[job];
            let record = self.records.get(&target.id);
            let after_end = record.is_some_and(|(record, _)| record.status.is_final());
            self.applied.push(Applied { job, after_end });
            self.switch = Some(target.intent);
        }
        if mood == Mood::Mute {
            self.excuses.push(job);
        }
        let why = "as it is";
        match mood {
            Mood::Fine => Outcome::DONE,
            Mood::Down | Mood::Mute => Setback::later(why).into(),
            Mood::Busy => Setback::limited(self.now + SignedDuration::from_secs(120), why).into(),
            Mood::Refuses => Setback::rejected(why, why).into(),
            Mood::RefusesCredentials => Setback::reconnect(why, why).into(),
        }
    }

    /// Writes a job's record on condition that it is as this worker found it; what is no attempt keeps its token. No
    /// attempt has left a record whose token is blank, so that one is like none.
    fn write(
        &mut self,
        worker: &Worker,
        settled: Settled,
        token: Option<&str>,
        before: Option<&JobRecord>,
        receives: u32,
        mood: Mood,
    ) -> Step {
        let job = self.jobs[worker.message.job];
        let (parked, ack) = match (settled.status, settled.next_attempt) {
            (Status::Held, _) => (Parked::ForReconnect, Ack::Done),
            (_, Some(next)) => {
                let wait = Duration::try_from(next.duration_since(self.now)).unwrap_or_default();
                match place(wait, receives) {
                    Place::Queue(wait) => (Parked::No, Ack::ShowAgain(wait)),
                    Place::Table => (Parked::Until(next), Ack::Done),
                }
            }
            (_, None) => (Parked::No, Ack::Done),
        };
        let found = before.map_or("", |record| record.token.as_str());
        if self.records.get(&job.id).is_some_and(|(record, _)| record.token != found) {
            return Step::Answer(Ack::ShowAgain(OWN_FAULT_WAIT));
        }
        self.records.insert(job.id, (job.record(settled, token.unwrap_or(found), self.now), parked));
        // Where the answer is lost, the client asks again and is told that the record has changed.
        Step::Answer(if mood == Mood::Mute { Ack::ShowAgain(OWN_FAULT_WAIT) } else { ack })
    }
}
