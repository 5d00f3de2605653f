//! The environment of a worker: the twin of the table, and the apps.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use aws::store::{Claimed, Refusal, StoreError};
use connector::account_store::AccountStore;
use connector::attempt::{Environment, Seen};
use connector::circuit_breaker;
use connector::jobs::Jobs;
use domain::admission::{AccountState, After, CurrentRule};
use domain::effect::Claim;
use domain::id::{IntegrationId, JobId, MarketplaceId};
use domain::integration::{Connection, Health, Integration};
use domain::intent::Intent;
use domain::job::Job;
use domain::log::{JobRecord, Status};
use domain::outcome::{Outcome, Reason, Setback};
use domain::retry::Schedule;
use domain::time;
use jiff::{SignedDuration, Timestamp};

use super::history::Mood;
use super::shop;
use super::state::{Applied, Rank, Sandbox, Shared, State, Trace, Unrecorded, job_name, rank};

/// How long a sandbox uses an account that it has read.
const FRESH: SignedDuration = SignedDuration::from_mins(1);
/// After this, an app carries out a request that was given up.
const LATE: SignedDuration = SignedDuration::from_secs(45);
/// The time that a busy app names.
const BUSY: SignedDuration = SignedDuration::from_mins(2);

/// The end of a step.
async fn step() {
    let mut has_stopped = false;
    poll_fn(|_| if std::mem::replace(&mut has_stopped, true) { Poll::Ready(()) } else { Poll::Pending })
        .await;
}

/// The environment of one worker.
pub(super) struct Env {
    pub(super) shared: Rc<Shared>,
    pub(super) sandbox: Rc<Sandbox>,
    /// The number of the worker's job.
    pub(super) job: usize,
    pub(super) trace: Rc<Trace>,
}

impl Env {
    /// Calls the table, in a step of its own.
    async fn table(&self) -> Result<Mood, StoreError> {
        step().await;
        let mood = self.shared.mood.get();
        if mood == Mood::TableFails {
            self.trace.table_failed.set(true);
            return Err(StoreError::Unavailable { operation: "anything", source: "it fails".into() });
        }
        Ok(mood)
    }

    fn note(&self, what: impl FnOnce() -> String) {
        self.shared.note(|| format!("{} {}: {}", self.trace.worker, job_name(self.job), what()));
    }

    /// Whether the account's app is out of order.
    fn is_out(&self, account: &IntegrationId) -> bool {
        let outage = self.shared.outage.as_ref();
        outage.is_some_and(|(of, until)| of == account && self.now() < *until)
    }

    /// Checks that the job's attempt is not earlier than the record of its last one allows, if it has read that.
    fn check_turn(&self, job: &Job, over: Option<&Claim>, now: Timestamp) {
        let waits = |over: &Claim| {
            let waits = |record: &JobRecord, _| {
                let is_known = record.token == over.token && record.token == *self.trace.read.borrow();
                record.next_attempt.filter(|next| is_known && *next > now)
            };
            self.shared.table.look(&job.marketplace, &job.id, waits).flatten()
        };
        if let Some(next) = over.and_then(waits) {
            self.shared.breaks(|| {
                format!("{} claims its effect before its next attempt, of {next}", job_name(self.job))
            });
        }
    }

    /// Checks that a claim was not refused because of the claim that the job's own record names: that one is read, which
    /// costs less than a write that is refused.
    fn check_refusal(&self, claimed: &Claimed) {
        if let Claimed::Held(held) = claimed
            && held.token == *self.trace.read.borrow()
        {
            self.shared.breaks(|| format!("{} tries a claim that its record names", job_name(self.job)));
        }
    }

    /// Checks a claim that the job has just made. A change may be repeated only if no record shows it, unless the record
    /// was written after its lease or a forced run was requested, and the attempts that the app carried out have ended:
    /// by their result, or with their lease.
    fn check_claim(&self, job: &Job, over: Option<&Claim>, now: Timestamp) {
        self.check_turn(job, over, now);
        let state = self.shared.state.borrow();
        let of_effect = |other: &&Job| other.effect.key == job.effect.key;
        let jobs: Vec<_> = state.jobs.iter().filter(of_effect).collect();
        let with = |is: fn(Status) -> bool| -> Vec<Rank> {
            let jobs = jobs.iter().filter(|job| self.shared.status(job).is_some_and(is));
            jobs.map(|job| rank(job)).collect()
        };
        let (ours, recorded) = (rank(job), with(Status::took_effect));
        let is_alike = |other: usize| {
            let other = &state.jobs[other];
            rank(other) == ours && other.effect.key == job.effect.key
        };
        let is_late = (0..state.jobs.len()).any(|other| is_alike(other) && state.attempts[other].late);
        let is_forced = job.rerun.as_ref().is_some_and(|again| again.forced);
        let is_running =
            |call: &Unrecorded| is_alike(call.job) && !call.has_ended && call.claim.leased_until > now;
        let is_recorded = recorded.contains(&ours) && !is_late && !is_forced;
        self.trace.repeats.set(is_recorded || state.unrecorded.iter().any(is_running));
        let failed = with(|status| status.is_final() && !status.took_effect());
        self.trace.failed.replace(failed.into_iter().filter(|failed| !recorded.contains(failed)).collect());
    }

    /// The app carries out the job's request. Returns whether the app's state was so before.
    #[expect(clippy::expect_used, reason = "a call has a claim")]
    fn apply(&self, job: &Job, state: &mut State, mood: Mood) -> bool {
        self.trace.is_unrecorded.set(mood != Mood::Mute);
        let ended = |record: &JobRecord, _| {
            record.status.is_final() && record.token != *self.trace.read.borrow() && job.rerun.is_none()
        };
        let after_end = self.shared.table.look(&job.marketplace, &job.id, ended) == Some(true);
        state.repeated = state.repeated.or(self.trace.repeats.get().then_some(self.job));
        let failed = self.trace.failed.borrow().clone();
        state.applied.push(Applied { job: self.job, failed, belated: false, after_end });
        let claim = self.trace.claim.borrow().clone().expect("a call has a claim");
        state.unrecorded.push(Unrecorded { job: self.job, claim, has_ended: false });
        let intent = job.effect.intent;
        state.switches.insert(job.effect.key, intent) == Some(intent) && intent != Intent::Send
    }

    /// Checks a result that names another job: a job that requests the same for the same fact has taken effect.
    fn check_duplicate(&self, job: &Job) {
        let state = self.shared.state.borrow();
        let is_alike = |other: &Job| rank(other) == rank(job) && other.effect.key == job.effect.key;
        let mut others = state.succeeded.iter().filter(|other| **other != self.job);
        let has_another = others.any(|other| is_alike(&state.jobs[*other]));
        drop(state);
        if !has_another {
            self.shared.breaks(|| format!("{} is a duplicate of no other job", job_name(self.job)));
        }
    }

    /// Why the call that begins now must not be made.
    fn forbidden(&self, job: &Job) -> Option<&'static str> {
        let state = self.shared.state.borrow();
        let began = self.trace.began;
        let buyer = job.id.event.buyer;
        let is_covered = |erased: &super::state::Erased| {
            erased.buyer == buyer && job.occurred_at <= erased.at && began > erased.at
        };
        if state.erased.iter().any(is_covered) {
            return Some("an action of an erased buyer");
        }
        let is_early = state.not_before[self.job].is_some_and(|until| state.now < until);
        // A result that was written after its lease came too late for this attempt.
        if is_early && !state.attempts[self.job].late {
            return Some("a call before the time that the app named");
        }
        let before = |since: Option<&Timestamp>| since.is_some_and(|since| *since < began);
        if before(state.pauses.get(&job.app).map(|pause| &pause.since)) {
            return Some("a call of a paused app");
        }
        if self.trace.has_waited && before(state.disabled.get(&job.rule)) {
            return Some("a call for a rule that was disabled while the action waited");
        }
        None
    }
}

impl Jobs for Env {
    async fn record(
        &self,
        m: &MarketplaceId,
        id: &JobId,
        now: Timestamp,
    ) -> Result<Option<JobRecord>, StoreError> {
        self.table().await?;
        let record = self.shared.table.record(m, id, now).await?;
        if *id == self.shared.state.borrow().jobs[self.job].id {
            let token = record.as_ref().map(|record| record.token.clone());
            self.trace.read.replace(token.unwrap_or_default());
        }
        Ok(record)
    }

    async fn claim_of(&self, job: &Job, now: Timestamp) -> Result<Option<Claim>, StoreError> {
        self.table().await?;
        self.shared.table.claim_of(job, now).await
    }

    async fn claim(
        &self,
        job: &Job,
        claim: &Claim,
        over: Option<&Claim>,
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        let mood = self.table().await?;
        let claimed = self.shared.table.claim(job, claim, over, now).await?;
        if claimed == Claimed::Ours {
            self.note(|| "claims its effect".to_owned());
            self.trace.claim.replace(Some(claim.clone()));
            self.check_claim(job, over, now);
            if mood == Mood::Mute {
                // The client repeats the request and gets its own claim.
                return Ok(Claimed::Held(Box::new(claim.clone())));
            }
        } else {
            self.note(|| "finds a claim of its effect".to_owned());
            self.check_refusal(&claimed);
        }
        Ok(claimed)
    }

    async fn release(&self, job: &Job, token: &str, now: Timestamp) -> Result<(), StoreError> {
        self.table().await?;
        // The attempt has ended, also if its result could not be written.
        for call in &mut self.shared.state.borrow_mut().unrecorded {
            call.has_ended |= call.claim.token == token;
        }
        self.shared.table.release(job, token, now).await
    }

    async fn write(
        &self,
        job: &Job,
        after: &After,
        before: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mood = self.table().await;
        let claim = self.trace.claim.borrow().clone();
        let is_late = claim.as_ref().is_some_and(|claim| self.now() >= claim.leased_until);
        let is_unwritten = self.trace.is_unwritten.take();
        let is_lost = self.trace.is_unrecorded.take() && (is_late || mood.is_err());
        {
            let attempt = &mut self.shared.state.borrow_mut().attempts[self.job];
            attempt.late |= is_late;
            attempt.lost |= is_lost;
        }
        let mood = mood?;
        let written = self.shared.table.write(job, after, before, now).await?;
        self.shared.state.borrow_mut().reached.insert(after.result.key());
        if after.result == Status::Duplicate {
            self.check_duplicate(job);
        }
        if written {
            let mut state = self.shared.state.borrow_mut();
            state.written_at[self.job] = state.now;
            state.began_at[self.job] = self.trace.began;
            if after.result.took_effect() {
                state.succeeded.insert(self.job);
            }
            if let Some(Claim { token, .. }) = claim {
                let unrecorded = &mut state.unrecorded;
                let is_ours = |call: &Unrecorded| call.claim.token == token;
                unrecorded.retain(|call| !is_ours(call) || !after.result.took_effect());
                unrecorded.iter_mut().filter(|call| is_ours(call)).for_each(|call| call.has_ended = true);
            }
            if is_unwritten {
                state.not_before[self.job] = self.trace.named.get();
            }
            drop(state);
            self.note(|| {
                format!(
                    "ends {:?}: is {:?}, and waits in {:?}",
                    after.result, after.record.status, after.place
                )
            });
        } else {
            self.note(|| "cannot write: another attempt has written".to_owned());
        }
        // If the response is lost, the client repeats the write, and its condition is not met any longer.
        Ok(written && mood != Mood::Mute)
    }
}

impl Environment for Env {
    type Access = ();
    type Turn<'a> = ();

    fn now(&self) -> Timestamp {
        self.shared.now()
    }

    fn jitter(&self) -> f64 {
        0.5
    }

    fn unique(&self) -> String {
        self.shared.unique()
    }

    fn schedule(&self) -> &Schedule {
        shop::schedule()
    }

    fn lease(&self) -> Duration {
        self.shared.lease
    }

    fn jobs(&self) -> &impl Jobs {
        self
    }

    async fn look(&self, job: &Job, with_rule: bool, now: Timestamp) -> Result<Seen<()>, StoreError> {
        self.table().await?;
        let known = self.sandbox.accounts.borrow().get(&job.integration).cloned();
        let known = known.filter(|(at, account)| {
            now.duration_since(*at) < FRESH && account.connection == Connection::Connected
        });
        let account = if let Some((_, account)) = known {
            Some(account)
        } else {
            let read = self.shared.table.account(&job.marketplace, &job.integration, now).await?;
            let mut accounts = self.sandbox.accounts.borrow_mut();
            match &read {
                Some(account) => accounts.insert(job.integration.clone(), (now, account.clone())),
                None => accounts.remove(&job.integration),
            };
            read
        };
        let state = self.shared.state.borrow();
        let rule = if with_rule {
            state.rules.iter().find(|rule| rule.id == job.rule).cloned().into()
        } else {
            CurrentRule::Unread
        };
        let is_erased = |erased: &super::state::Erased| {
            erased.buyer == job.id.event.buyer && job.occurred_at <= erased.at
        };
        Ok(Seen {
            pause: state.pauses.get(&job.app).cloned(),
            erased: state.erased.iter().any(is_erased),
            account: account.map_or(AccountState::Deleted, |account| AccountState::Found(account, ())),
            rule,
        })
    }

    fn limited_until(&self, account: &Integration, now: Timestamp) -> Option<Timestamp> {
        account.health.not_before.filter(|until| *until > now)
    }

    fn queue_up(&self, _account: &Integration, _now: Timestamp) {}

    async fn take_turn<'a>(&'a self, _account: &'a Integration) -> Result<(), Timestamp> {
        Ok(())
    }

    async fn take_probe(&self, account: &Integration, now: Timestamp) -> Result<Option<Health>, StoreError> {
        self.table().await?;
        self.shared.table.take_probe(account, self.shared.lease, now).await
    }

    async fn reread(&self, job: &Job, now: Timestamp) -> Result<Option<Integration>, StoreError> {
        self.table().await?;
        self.sandbox.accounts.borrow_mut().remove(&job.integration);
        self.shared.table.account(&job.marketplace, &job.integration, now).await
    }

    async fn call(
        &self,
        job: &Job,
        _access: &(),
        _turn: (),
        attempt: u32,
        limit: Duration,
    ) -> (Outcome, u32) {
        assert!(attempt > 0, "the first attempt is number 1");
        let began = self.now();
        if let Some(forbidden) = self.forbidden(job) {
            self.shared.breaks(|| format!("{forbidden}: {}", job_name(self.job)));
        }
        step().await;
        let mood = self.shared.mood.get();
        if mood == Mood::Unsent {
            self.note(|| "ends its call before a request is sent".to_owned());
            self.shared.state.borrow_mut().attempts[self.job].unsent = true;
            return (Setback::transient("No request was sent.").into(), 0);
        }
        self.shared.state.borrow_mut().calls[self.job] += 1;
        if self.is_out(&job.integration) && mood != Mood::Mute {
            self.note(|| "calls the app, which is out of order".to_owned());
            self.shared.state.borrow_mut().attempts[self.job].failed = true;
            return (Setback::transient("It is out of order.").into(), 1);
        }
        if self.now() > time::later(began, limit) {
            self.note(|| "is cut off: its call took too long".to_owned());
            self.shared.state.borrow_mut().attempts[self.job].failed = true;
            return (Setback::transient("It is cut off, and was not done.").into(), 1);
        }
        self.trace.is_unwritten.set(true);
        let mut state = self.shared.state.borrow_mut();
        let attempts = &mut state.attempts[self.job];
        attempts.rejected |= mood == Mood::Refuses;
        attempts.failed |= matches!(mood, Mood::Down | Mood::Mute | Mood::Late | Mood::Busy | Mood::Missing);
        attempts.lost |= matches!(mood, Mood::Mute | Mood::Late);
        let is_done = matches!(mood, Mood::Fine | Mood::Mute | Mood::TableFails);
        let was_so = is_done && self.apply(job, &mut state, mood);
        let why = "as it is";
        let until = state.now + BUSY;
        let outcome = match mood {
            Mood::Fine | Mood::TableFails if was_so => Outcome::already("It was so."),
            Mood::Fine | Mood::TableFails => Outcome::DONE,
            Mood::Down | Mood::Mute | Mood::Unsent => Setback::transient(why).into(),
            Mood::Late => {
                let at = state.now + LATE;
                state.given_up.push((at, self.job));
                Setback::transient(why).into()
            }
            Mood::Busy => {
                self.trace.named.set(Some(until));
                Setback::rate_limited(until, why).into()
            }
            Mood::Missing => Setback::precondition_missing(why).into(),
            Mood::Refuses => Setback::rejected(None, why, why).into(),
            Mood::RefusesCredentials => Setback::reconnect(why, why).into(),
        };
        drop(state);
        self.note(|| format!("calls the app with {:?}, which is {mood:?}: {outcome:?}", job.settings.0));
        (outcome, 1)
    }

    async fn record_answer(&self, account: &Integration, answered: bool) -> Result<(), StoreError> {
        self.table().await?;
        let (store, known, now) = (&self.shared.table, &self.sandbox.answered, self.now());
        if circuit_breaker::record(store, known, account, answered, now).await? {
            self.sandbox.accounts.borrow_mut().remove(&account.id);
        }
        Ok(())
    }

    async fn record_limit(&self, account: &Integration, until: Timestamp) -> Result<(), StoreError> {
        self.table().await?;
        self.sandbox.accounts.borrow_mut().remove(&account.id);
        self.shared.table.record_limit(account, until).await
    }

    async fn needs_reconnect(
        &self,
        account: &Integration,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.table().await?;
        self.sandbox.accounts.borrow_mut().remove(&account.id);
        match self.shared.table.mark_needs_reconnect(account, reason, now).await? {
            Refusal::First | Refusal::Known => Ok(true),
            Refusal::Outdated => Ok(false),
        }
    }

    async fn written(&self, _job: &Job, _record: &JobRecord) {}
}
