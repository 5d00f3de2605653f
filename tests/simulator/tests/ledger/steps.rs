//! One step of a worker, with the shipped admission, ruling and result.

use connector::testing;
use domain::admission::{
    AccountState, After, Conclusion, CurrentRule, Verdict, View, admit, after, contended,
};
use domain::app::App;
use domain::effect::{Claim, rule};
use domain::intent::Intent;
use domain::log::Status;
use domain::outcome::{Outcome, Setback};

use super::stored::{Held, JOBS, LEASE, NOW, Record, SCHEDULE, Token, circumstances, text};
use super::{Mood, State, Worker};

impl State {
    /// The message returns: at once, or when the job is due.
    pub(super) fn returns(&mut self, worker: usize, job: usize) {
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

    pub(super) fn step(&mut self, worker: usize) {
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
            Worker::Ready { job, before } => {
                if let Some(held) = self.claim.clone() {
                    self.workers[worker] = Worker::Found { job, before, held };
                } else {
                    let claim = Claim::new(JOBS[job].contender(), self.new_token(job), LEASE);
                    self.claims(worker, job, before, false, Held::of(&claim));
                }
            }
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
                        self.concludes(worker, job, before, None, Conclusion::Ends(end), Err("ends"));
                    }
                    Err(Verdict::Wait(wait)) => {
                        self.concludes(worker, job, before, None, Conclusion::Waits(wait), Err("waits"));
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

    pub(super) fn call(&mut self, worker: usize, mood: Mood) {
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
            Mood::Refuses => Setback::rejected(None, "No.", "Never.").into(),
        };
        self.concludes(worker, job, before, token, Conclusion::of_call(outcome, 1), Ok(mood));
    }

    pub(super) fn writes(&mut self, worker: usize, mutely: bool) {
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

    pub(super) fn job(&self, worker: usize) -> Option<usize> {
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
    pub(super) fn is_quiet(&self) -> bool {
        let idle = self.workers.iter().all(|worker| *worker == Worker::Idle);
        idle && self.messages == [0; 3] && self.waiting == [0; 3]
    }

    pub(super) fn status(&self, job: usize) -> Option<Status> {
        self.records[job].map(Record::status)
    }
}
