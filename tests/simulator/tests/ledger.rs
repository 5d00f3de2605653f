//! Every interleaving of two workers with a grant, another rule's grant for the same fact, and the refund that revokes
//! it: the shipped admission, ruling and results, checked exhaustively.
//!
//! A state holds no times. A lease is open or over, and a job's next attempt is due or not; both change in steps of
//! their own, so that every order of them is reached. The order of reads and writes is that of `connector::attempt`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "in a test")]

use std::sync::LazyLock;

use connector::testing;
use domain::admission::{
    AccountState, After, Circumstances, Conclusion, CurrentRule, Verdict, View, admit, after, contended,
};
use domain::app::App;
use domain::effect::{Claim, Effect, rule};
use domain::id::{EffectKey, EventId, FactKey, JobId, JobPart};
use domain::intent::Intent;
use domain::job::Job;
use domain::log::{JobRecord, Status};
use domain::outcome::{Outcome, Setback};
use domain::retry::Schedule;
use jiff::Timestamp;
use serde_json::json;
use stateright::{Checker, Expectation, Model, Property};

const GRANT: usize = 0;
const DUPLICATE: usize = 1;
const REVOKE: usize = 2;
const NOW: Timestamp = Timestamp::constant(1_795_255_200, 0);
const SOON: Timestamp = Timestamp::constant(1_795_255_205, 0);
const LEASE: Timestamp = Timestamp::constant(1_795_255_260, 0);

static JOBS: LazyLock<[Job; 3]> = LazyLock::new(|| {
    [job("1", 10, Intent::On, "a"), job("1", 10, Intent::On, "b"), job("2", 20, Intent::Off, "a")]
});
/// Two attempts.
static SCHEDULE: LazyLock<Schedule> = LazyLock::new(|| "5".parse().unwrap());

fn job(fact: &str, second: i64, intent: Intent, rule: &str) -> Job {
    let occurred_at = Timestamp::from_second(second).unwrap();
    let event = EventId::new(occurred_at, "0123456789abcdef".parse().unwrap(), FactKey::of(&[fact]));
    let job = testing::job(App::MAILCHIMP, "add_to_list", json!({ "list_id": "news" }));
    let effect = Effect { key: EffectKey::of(&["news"]), intent };
    let id = JobId { event, part: JobPart::of(&[rule]) };
    Job { id, occurred_at, ordered_at: occurred_at, effect, ..job }
}

fn number(id: JobId) -> usize {
    JOBS.iter().position(|job| job.id == id).expect("a job of the model")
}

/// The token of a job's claim: the job, and how many claims it had before.
type Token = Option<(usize, u8)>;

fn text(token: Token) -> String {
    token.map(|(job, nth)| format!("{job}.{nth}")).unwrap_or_default()
}

fn token(text: &str) -> Token {
    let (job, nth) = text.split_once('.')?;
    Some((job.parse().unwrap(), nth.parse().unwrap()))
}

/// A claim without times.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Held {
    holder: usize,
    newest: Option<usize>,
    decided: Option<usize>,
    added: Vec<usize>,
    token: Token,
    is_open: bool,
}

impl Held {
    fn of(claim: &Claim) -> Self {
        let job = |contender: domain::effect::Contender| number(contender.job);
        Self {
            holder: job(claim.holder),
            newest: claim.newest.map(job),
            decided: claim.decided.map(job),
            added: claim.added.iter().copied().map(job).collect(),
            token: token(&claim.token),
            is_open: claim.leased_until > NOW,
        }
    }

    fn claim(&self) -> Claim {
        let contender = |job: usize| JOBS[job].contender();
        Claim {
            holder: contender(self.holder),
            newest: self.newest.map(contender),
            decided: self.decided.map(contender),
            added: self.added.iter().copied().map(contender).collect(),
            token: text(self.token),
            leased_until: if self.is_open { LEASE } else { NOW },
        }
    }
}

/// A record without times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Record {
    status: &'static str,
    token: Token,
    /// Whether the next attempt is due; `None`: there is none.
    is_due: Option<bool>,
    attempts: u32,
    step: u32,
}

impl Record {
    fn of(record: &JobRecord) -> Self {
        Self {
            status: record.status.key(),
            token: token(&record.token),
            is_due: record.next_attempt.map(|at| at <= NOW),
            attempts: record.attempts,
            step: record.step,
        }
    }

    fn status(self) -> Status {
        self.status.parse().unwrap()
    }

    fn stored(self, job: usize) -> JobRecord {
        let circumstances = circumstances(job, None, "");
        let After { record, .. } = after(Conclusion::Called(Outcome::DONE), &circumstances);
        JobRecord {
            status: self.status(),
            token: text(self.token),
            next_attempt: self.is_due.map(|is_due| if is_due { NOW } else { SOON }),
            attempts: self.attempts,
            step: self.step,
            history: Vec::new(),
            ..record
        }
    }
}

fn circumstances<'a>(job: usize, before: Option<&'a JobRecord>, token: &'a str) -> Circumstances<'a> {
    let token = Some(token).filter(|token| !token.is_empty());
    let schedule = &SCHEDULE;
    Circumstances { job: &JOBS[job], before, token, note: None, schedule, jitter: 0.5, receives: 1, now: NOW }
}

/// How far a worker has come with its job.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Worker {
    Idle,
    /// It has the message.
    Received(usize),
    /// It has read the job's record, and claims the effect.
    Ready {
        job: usize,
        before: Option<Record>,
    },
    /// It has found a claim.
    Found {
        job: usize,
        before: Option<Record>,
        held: Held,
    },
    /// The ruling allowed it to take the claim over.
    Over {
        job: usize,
        before: Option<Record>,
        held: Held,
        claim: Held,
    },
    /// It has the claim, and reads the record again.
    Reads {
        job: usize,
        token: Token,
    },
    /// It calls. `is_late`: its lease is over, so it does not.
    Calls {
        job: usize,
        before: Option<Record>,
        token: Token,
        is_late: bool,
    },
    /// It writes the result of its call, or of a decision without one.
    Writes {
        job: usize,
        before: Option<Record>,
        token: Token,
        result: Result<Mood, &'static str>,
        after: Record,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Mood {
    Fine,
    /// Nothing was done.
    Down,
    /// It was done, and the answer is lost.
    Mute,
    Refuses,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    claim: Option<Held>,
    claims: [u8; 3],
    records: [Option<Record>; 3],
    /// The visible messages of each job.
    messages: [u8; 3],
    /// The messages that return when the job is due.
    waiting: [u8; 3],
    workers: [Worker; 2],
    switch: Option<bool>,
    /// The jobs that the app carried out, in order.
    applied: Vec<usize>,
    /// How often each job cannot know what the app did.
    excuses: [u8; 3],
    faults: Faults,
}

/// The faults that may still happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Faults {
    crashes: u8,
    lost_answers: u8,
    failures: u8,
    refusals: u8,
    repeats: u8,
    expiries: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Receive(usize, usize),
    Step(usize),
    Call(usize, Mood),
    /// The worker's write is made, and its answer is lost.
    WriteMutely(usize),
    Crash(usize),
    Repeat(usize),
    Expire,
    Due(usize),
}

struct Ledger(Faults);

impl State {
    /// The message returns: at once, or when the job is due.
    fn returns(&mut self, worker: usize, job: usize) {
        self.workers[worker] = Worker::Idle;
        self.messages[job] += 1;
    }

    /// Ends without a record, and releases the claim.
    fn give_up(&mut self, worker: usize, job: usize, token: Token) {
        if let Some(claim) = self.claim.as_mut().filter(|claim| token.is_some() && claim.token == token) {
            claim.is_open = false;
        }
        self.returns(worker, job);
    }

    fn concludes(
        &mut self,
        worker: usize,
        job: usize,
        before: Option<Record>,
        token: Token,
        what: Conclusion,
        result: Result<Mood, &'static str>,
    ) {
        let stored = before.map(|before| before.stored(job));
        let text = text(token);
        let After { record, .. } = after(what, &circumstances(job, stored.as_ref(), &text));
        let after = Record::of(&record);
        self.workers[worker] = Worker::Writes { job, before, token, result, after };
    }

    fn step(&mut self, worker: usize) {
        match self.workers[worker].clone() {
            Worker::Idle | Worker::Calls { .. } => {}
            Worker::Received(job) => {
                let before = self.records[job];
                let record = before.map(|before| before.stored(job));
                let account = AccountState::Found(testing::account(App::MAILCHIMP, "api_key"), ());
                let verdict = admit(&View {
                    job: &JOBS[job],
                    record: record.as_ref(),
                    pause: None,
                    erased: false,
                    account: &account,
                    rule: &CurrentRule::Unread,
                    limited_until: None,
                    schedule: &SCHEDULE,
                    now: NOW,
                });
                self.workers[worker] = match verdict {
                    Verdict::Call { .. } => Worker::Ready { job, before },
                    Verdict::Drop => Worker::Idle,
                    Verdict::End(_) | Verdict::Wait(_) => unreachable!("the account works"),
                };
            }
            Worker::Ready { job, before } => match self.claim.clone() {
                Some(held) => self.workers[worker] = Worker::Found { job, before, held },
                None => {
                    let claim = Claim::new(JOBS[job].contender(), self.new_token(job), LEASE);
                    self.claims(worker, job, before, false, Held::of(&claim));
                }
            },
            Worker::Found { job, before, held } => {
                let record = if held.holder == job { before } else { self.records[held.holder] };
                let record = record.map(|record| record.stored(held.holder));
                let (this, claim) = (&JOBS[job], held.claim());
                let ruling = rule(this.contender(), false, &claim, record.as_ref(), NOW);
                match contended(this, &claim, ruling, NOW) {
                    Ok(takeover) => {
                        let claim = Claim::new(this.contender(), self.new_token(job), LEASE).over(&takeover);
                        self.workers[worker] = Worker::Over { job, before, held, claim: Held::of(&claim) };
                    }
                    Err(Verdict::End(end)) => {
                        self.concludes(worker, job, before, None, Conclusion::Ends(end), Err("ends"))
                    }
                    Err(Verdict::Wait(wait)) => {
                        self.concludes(worker, job, before, None, Conclusion::Waits(wait), Err("waits"))
                    }
                    Err(Verdict::Drop) => self.workers[worker] = Worker::Idle,
                    Err(Verdict::Call { .. }) => unreachable!("a contended job has no turn"),
                }
            }
            Worker::Over { job, before, held, claim } => {
                let stands = self.claim.clone();
                match stands.filter(|stands| stands.token != held.token) {
                    Some(held) => self.workers[worker] = Worker::Found { job, before, held },
                    None => self.claims(worker, job, before, true, claim),
                }
            }
            Worker::Reads { job, token } => {
                let before = self.records[job];
                if before.is_some_and(|before| before.status().is_final()) {
                    self.give_up(worker, job, token);
                    self.messages[job] -= 1;
                    return;
                }
                let is_late = self.is_late(token);
                self.workers[worker] = Worker::Calls { job, before, token, is_late };
            }
            Worker::Writes { .. } => self.writes(worker, false),
        }
    }

    fn new_token(&mut self, job: usize) -> String {
        text(Some((job, self.claims[job])))
    }

    fn claims(&mut self, worker: usize, job: usize, before: Option<Record>, over: bool, claim: Held) {
        let token = claim.token;
        self.claim = Some(claim);
        self.claims[job] += 1;
        self.workers[worker] = if over || before.is_some() {
            Worker::Reads { job, token }
        } else {
            Worker::Calls { job, before, token, is_late: false }
        };
    }

    /// Whether the lease of this claim is over.
    fn is_late(&self, token: Token) -> bool {
        self.claim.as_ref().is_none_or(|claim| claim.token != token || !claim.is_open)
    }

    fn call(&mut self, worker: usize, mood: Mood) {
        let Worker::Calls { job, before, token, is_late } = self.workers[worker].clone() else { return };
        if is_late {
            return self.give_up(worker, job, token);
        }
        if matches!(mood, Mood::Fine | Mood::Mute) {
            self.applied.push(job);
            self.switch = Some(JOBS[job].effect.intent == Intent::On);
        }
        if mood == Mood::Mute {
            self.excuses[job] += 1;
        }
        let outcome = match mood {
            Mood::Fine => Outcome::DONE,
            Mood::Down | Mood::Mute => Setback::transient("It is down.").into(),
            Mood::Refuses => Setback::rejected("No.", "Never.").into(),
        };
        self.concludes(worker, job, before, token, Conclusion::of_call(outcome, 1), Ok(mood));
    }

    fn writes(&mut self, worker: usize, mutely: bool) {
        let Worker::Writes { job, before, token, after, result } = self.workers[worker].clone() else {
            return;
        };
        let stands = self.records[job];
        // As the table's condition: there is no record, or it has the token that was read, blank if there was none.
        let is_same = stands.is_none_or(|stands| stands.token == before.and_then(|before| before.token));
        if !is_same {
            return self.give_up(worker, job, token);
        }
        self.records[job] = Some(after);
        if mutely {
            if result.is_ok() {
                self.excuses[job] += 1;
            }
            return self.give_up(worker, job, token);
        }
        self.workers[worker] = Worker::Idle;
        if !after.status().is_final() {
            self.waiting[job] += 1;
        }
    }

    fn job(&self, worker: usize) -> Option<usize> {
        match &self.workers[worker] {
            Worker::Idle => None,
            Worker::Received(job)
            | Worker::Ready { job, .. }
            | Worker::Found { job, .. }
            | Worker::Over { job, .. }
            | Worker::Reads { job, .. }
            | Worker::Calls { job, .. }
            | Worker::Writes { job, .. } => Some(*job),
        }
    }

    /// Whether nothing is left to do.
    fn is_quiet(&self) -> bool {
        let idle = self.workers.iter().all(|worker| *worker == Worker::Idle);
        idle && self.messages == [0; 3] && self.waiting == [0; 3]
    }

    fn status(&self, job: usize) -> Option<Status> {
        self.records[job].map(Record::status)
    }
}

impl Model for Ledger {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            claim: None,
            claims: [0; 3],
            records: [None; 3],
            messages: [1; 3],
            waiting: [0; 3],
            workers: [Worker::Idle, Worker::Idle],
            switch: None,
            applied: Vec::new(),
            excuses: [0; 3],
            faults: self.0,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let faults = state.faults;
        for worker in 0..2 {
            match &state.workers[worker] {
                Worker::Idle => {
                    // The workers are alike: the second one starts only if the first one works.
                    if worker == 0 || state.workers[0] != Worker::Idle {
                        let jobs = (0..3).filter(|job| state.messages[*job] > 0);
                        actions.extend(jobs.map(|job| Action::Receive(worker, job)));
                    }
                    continue;
                }
                Worker::Calls { .. } => {
                    actions.push(Action::Call(worker, Mood::Fine));
                    let more = [
                        (Mood::Down, faults.failures),
                        (Mood::Mute, faults.lost_answers),
                        (Mood::Refuses, faults.refusals),
                    ];
                    actions.extend(
                        more.iter()
                            .filter(|(_, left)| *left > 0)
                            .map(|(mood, _)| Action::Call(worker, *mood)),
                    );
                }
                Worker::Writes { .. } => {
                    actions.push(Action::Step(worker));
                    if faults.lost_answers > 0 {
                        actions.push(Action::WriteMutely(worker));
                    }
                }
                _ => actions.push(Action::Step(worker)),
            }
            if faults.crashes > 0 {
                actions.push(Action::Crash(worker));
            }
        }
        for job in 0..3 {
            if state.waiting[job] > 0 {
                actions.push(Action::Due(job));
            }
            if faults.repeats > 0 {
                actions.push(Action::Repeat(job));
            }
        }
        if faults.expiries > 0 && state.claim.as_ref().is_some_and(|claim| claim.is_open) {
            actions.push(Action::Expire);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = last.clone();
        match action {
            Action::Receive(worker, job) => {
                next.messages[job] -= 1;
                next.workers[worker] = Worker::Received(job);
            }
            Action::Step(worker) => next.step(worker),
            Action::Call(worker, mood) => {
                match mood {
                    Mood::Fine => {}
                    Mood::Down => next.faults.failures -= 1,
                    Mood::Mute => next.faults.lost_answers -= 1,
                    Mood::Refuses => next.faults.refusals -= 1,
                }
                next.call(worker, mood);
            }
            Action::WriteMutely(worker) => {
                next.faults.lost_answers -= 1;
                next.writes(worker, true);
            }
            Action::Crash(worker) => {
                next.faults.crashes -= 1;
                let job = next.job(worker)?;
                if let Worker::Writes { result: Ok(_), .. } = next.workers[worker] {
                    next.excuses[job] += 1;
                }
                next.returns(worker, job);
            }
            Action::Repeat(job) => {
                next.faults.repeats -= 1;
                next.messages[job] += 1;
            }
            Action::Expire => {
                next.faults.expiries -= 1;
                let claim = next.claim.as_mut()?;
                claim.is_open = false;
                let expired = claim.token;
                for worker in &mut next.workers {
                    match worker {
                        Worker::Calls { token, is_late, .. } if *token == expired => *is_late = true,
                        // It called in time, and writes late.
                        Worker::Writes { job, token, result: Ok(_), .. } if *token == expired => {
                            next.excuses[*job] += 1;
                        }
                        _ => {}
                    }
                }
            }
            Action::Due(job) => {
                next.waiting[job] -= 1;
                next.messages[job] += 1;
                if let Some(record) = &mut next.records[job] {
                    record.is_due = record.is_due.map(|_| true);
                }
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("a grant is never applied after its revocation", |_, state: &State| {
                let revoked = state.applied.iter().position(|job| *job == REVOKE);
                revoked.is_none_or(|at| state.applied[at..].iter().all(|job| *job == REVOKE))
            }),
            Property::always(
                "a fact's effect is applied once, unless an answer was lost",
                |_, state: &State| {
                    let times = |jobs: &[usize]| {
                        let applied = state.applied.iter().filter(|job| jobs.contains(job)).count();
                        let excuses: u8 = jobs.iter().map(|job| state.excuses[*job]).sum();
                        applied <= 1 + usize::from(excuses)
                    };
                    times(&[GRANT, DUPLICATE]) && times(&[REVOKE])
                },
            ),
            Property::always("every job ends", |_, state: &State| {
                !state.is_quiet() || (0..3).all(|job| state.status(job).is_some_and(Status::is_final))
            }),
            Property::always("the newest decided fact is the app's state", |_, state: &State| {
                let took = |job: usize| state.status(job).is_some_and(Status::took_effect);
                if !state.is_quiet() {
                    return true;
                }
                if took(REVOKE) {
                    state.switch == Some(false)
                } else {
                    !(took(GRANT) || took(DUPLICATE)) || state.switch.is_some()
                }
            }),
            Property::always("no job has more attempts than the schedule", |_, state: &State| {
                state.records.iter().flatten().all(|record| record.attempts <= 2)
            }),
            Property::sometimes("another rule's grant is a duplicate", |_, state: &State| {
                state.status(DUPLICATE) == Some(Status::Duplicate)
                    || state.status(GRANT) == Some(Status::Duplicate)
            }),
            Property::sometimes("a grant is superseded", |_, state: &State| {
                state.status(GRANT) == Some(Status::Superseded)
            }),
            Property::sometimes("a job is exhausted", |_, state: &State| {
                state.status(REVOKE) == Some(Status::Exhausted)
                    || state.status(GRANT) == Some(Status::Exhausted)
            }),
            Property::sometimes("a fact is applied twice after a lost answer", |_, state: &State| {
                state.applied.iter().filter(|job| **job == REVOKE).count() > 1
            }),
        ]
    }
}

/// Checks every state that these faults lead to. Returns the number of states.
fn check(faults: Faults, reaches: &[&'static str]) -> usize {
    let checker = Ledger(faults).checker().threads(2).spawn_bfs().join();
    for property in
        checker.model().properties().iter().filter(|property| property.expectation == Expectation::Always)
    {
        checker.assert_no_discovery(property.name);
    }
    for name in reaches {
        checker.assert_any_discovery(name);
    }
    checker.unique_state_count()
}

const NONE: Faults =
    Faults { crashes: 0, lost_answers: 0, failures: 0, refusals: 0, repeats: 0, expiries: 0 };

#[test]
fn no_interleaving_of_three_jobs_and_two_workers_breaks_the_ledger() {
    let (duplicate, superseded, exhausted, twice) = (
        "another rule's grant is a duplicate",
        "a grant is superseded",
        "a job is exhausted",
        "a fact is applied twice after a lost answer",
    );
    let cases: [(Faults, &[&'static str]); 7] = [
        (NONE, &[duplicate, superseded]),
        (Faults { crashes: 1, expiries: 1, ..NONE }, &[twice]),
        (Faults { crashes: 1, expiries: 1, repeats: 1, ..NONE }, &[duplicate, superseded, twice]),
        (Faults { expiries: 1, lost_answers: 1, ..NONE }, &[twice]),
        (Faults { expiries: 1, repeats: 1, ..NONE }, &[superseded]),
        (Faults { failures: 2, ..NONE }, &[exhausted]),
        (Faults { repeats: 1, refusals: 1, ..NONE }, &[duplicate, superseded]),
    ];
    let states: Vec<usize> = cases.into_iter().map(|(faults, reaches)| check(faults, reaches)).collect();
    println!("{} states: {states:?}", states.iter().sum::<usize>());
    assert!(states.iter().all(|states| *states > 1_000), "{states:?}");
}
