//! Every interleaving of two workers with a grant, another rule's grant for the same fact, and the refund that revokes
//! it: the shipped admission, ruling and results, checked exhaustively.
//!
//! A state holds no times. A lease is open or over, and a job's next attempt is due or not; both change in steps of
//! their own, so that every order of them is reached. The order of reads and writes is that of `connector::attempt`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "in a test")]

mod steps;
mod stored;

use domain::log::Status;
use stateright::{Checker, Expectation, Model, Property};

use self::stored::{Held, Record, Token};

const GRANT: usize = 0;
const DUPLICATE: usize = 1;
const REVOKE: usize = 2;
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
