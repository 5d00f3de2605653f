//! One job: claim its effect, call the app, mark what it came to.

use std::time::Duration;

use aws::bus::Bus;
use aws::store::{Claimed, Store, StoreError, Waiting};
use domain::effect::{self, Claim, Ruling};
use domain::integration::{Connection, Integration};
use domain::job::Job;
use domain::log::{Attempt, JobRecord, Status};
use domain::outcome::{Outcome, Reason};
use domain::retry::{Place, Schedule, place};
use domain::settle::{Settled, settle};
use jiff::{SignedDuration, Timestamp};
use runtime::clock;
use runtime::logs::Causes;
use runtime::metrics;

use crate::accounts::{Account, AccountError, Accounts};
use crate::call::Connector;
use crate::gate::Gate;
use crate::oauth::Authorizer;
use crate::rate::Rates;
use crate::{hold, pause};

/// A row of the Action Log keeps this many attempts: rate limits cost none, so there is no end to them otherwise.
const MOST_HISTORY: usize = 25;
/// When our own services fail, a job returns after this, and each time after twice as long: so that an hour without
/// the table does not send it to the dead-letter queue.
const OWN_FAULT_WAIT: Duration = Duration::from_secs(5);
const LONGEST_OWN_FAULT_WAIT: Duration = Duration::from_mins(15);
/// How often a claim is tried against others who try at the same moment.
const CLAIM_ROUNDS: usize = 3;

/// What becomes of a job's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ack {
    /// It is deleted: the job has ended, or waits in the table.
    Done,
    /// It returns after this.
    ShowAgain(Duration),
}

/// Performs the jobs of one app.
#[derive(Debug)]
pub struct Worker<C> {
    /// The app's own part.
    pub connector: C,
    /// The table.
    pub store: Store,
    /// The accounts to act in.
    pub accounts: Accounts,
    /// Those that were connected by OAuth.
    pub authorizer: Authorizer,
    /// How often each may be called.
    pub rates: Rates,
    /// Whether the operator lets the app's jobs through.
    pub gate: Gate,
    /// Where the operator hears of refused credentials.
    pub bus: Bus,
    /// When failed jobs are tried again.
    pub schedule: Schedule,
    /// How long a claim holds; longer than any call.
    pub lease: Duration,
}

/// Why a job does not run now.
enum Stop {
    /// It has ended; nothing is to be written.
    Ended,
    /// It ends like this, without a call.
    End(Status, Reason),
    /// Somebody else may be at it until then.
    Wait(Timestamp),
}

/// Our own services failed: the message returns, and nothing is lost.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl<C: Connector> Worker<C> {
    /// Performs one job, and says what becomes of its message.
    pub async fn run(&self, job: &Job, receives: u32) -> Ack {
        match self.try_run(job, receives).await {
            Ok(ack) => ack,
            Err(fault) => {
                tracing::warn!(error = %Causes(&fault), "the job returns to its queue");
                Ack::ShowAgain(own_fault_wait(receives))
            }
        }
    }

    async fn try_run(&self, job: &Job, receives: u32) -> Result<Ack, Fault> {
        let now = clock::now();
        if let Some(pause) = self.gate.closed(&self.store).await? {
            return self.put_aside(job, pause.reason(), now).await;
        }
        if self.store.is_erased(&job.marketplace, job.id.event.buyer, job.occurred_at, now).await? {
            tracing::info!("the buyer was erased since: nothing to do");
            return Ok(Ack::Done);
        }
        let account = match self.account(job, now).await? {
            Ok(account) => account,
            Err(settled) => return self.end_without_call(job, settled, now).await,
        };
        if let Connection::NeedsReconnect { reason, .. } = &account.integration.connection {
            return self.hold(job, reason.clone(), now).await;
        }
        if let Err(until) = self.admit(&account).await {
            let reason = || Reason::new(format!("{} takes no more calls for now.", job.app.label()));
            return self.wait(job, until, (Status::RateLimited, reason), receives, now).await;
        }
        let (token, before) = match self.claim(job, now).await? {
            Ok(claimed) => claimed,
            Err(Stop::Ended) => return Ok(Ack::Done),
            Err(Stop::End(status, reason)) => {
                let settled = Settled { status, reason: Some(reason), next_attempt: None, attempts: 0 };
                return self.end_without_call(job, settled, now).await;
            }
            Err(Stop::Wait(until)) => {
                let reason = || Reason::new("Another action for the same contact is under way.");
                return self.wait(job, until, (Status::Retrying, reason), receives, now).await;
            }
        };
        let Some(used) = pause::admit(self, job, &account.integration, now).await? else {
            return self.leave_alone(job, &account, token, before, receives, now).await;
        };
        let spent = job.spent(before.as_ref());
        let Some(limit) = self.time_left(now) else { return Ok(Ack::ShowAgain(OWN_FAULT_WAIT)) };
        let outcome = self.call(job, &account, spent + 1, limit).await;
        if let Err(error) = pause::note(self, job, &used, &outcome).await {
            // What the call came to must be marked all the same: without its mark it would be made again.
            tracing::warn!(error = %Causes(&error), "the account's health was not noted");
        }
        self.mark(job, &account, outcome, token, before, receives).await
    }

    /// The job's account, or what becomes of the job without one.
    async fn account(
        &self,
        job: &Job,
        now: Timestamp,
    ) -> Result<Result<std::sync::Arc<Account>, Settled>, Fault> {
        let reason = match self.accounts.of(job, now).await {
            Ok(Some(account)) => return Ok(Ok(account)),
            Ok(None) => Reason::new("The integration was deleted.")
                .hint("Delete the rule, or choose another integration in it."),
            Err(AccountError::Vault(aws::vault::VaultError::Unreadable) | AccountError::Credentials(_)) => {
                Reason::new("The stored credentials cannot be read.")
                    .hint("Connect the integration again, then retry.")
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Err(Settled { status: Status::Rejected, reason: Some(reason), next_attempt: None, attempts: 0 }))
    }

    /// Claims the job's effect: the claim's token, and the record to go on from.
    async fn claim(
        &self,
        job: &Job,
        now: Timestamp,
    ) -> Result<Result<(String, Option<JobRecord>), Stop>, Fault> {
        let lease = SignedDuration::try_from(self.lease).unwrap_or(SignedDuration::from_mins(1));
        let claim = Claim {
            job: job.id,
            occurred_at: job.occurred_at,
            intent: job.effect.intent,
            token: clock::unique(),
            leased_until: now.saturating_add(lease).unwrap_or(Timestamp::MAX),
        };
        let mut over: Option<Claim> = None;
        for _ in 0..CLAIM_ROUNDS {
            match self.store.claim(job, &claim, over.as_ref(), now).await? {
                Claimed::Ours => {
                    let known = job.resumed || job.again.is_some() || over.is_some();
                    let before =
                        if known { self.store.job(&job.marketplace, &job.id, now).await? } else { None };
                    if before.as_ref().is_some_and(|record| job.is_over(record)) {
                        return Ok(Err(Stop::Ended));
                    }
                    return Ok(Ok((claim.token, before)));
                }
                Claimed::Held(held) => {
                    let record = self.store.job(&job.marketplace, &held.job, now).await?;
                    let ruling =
                        effect::rule(job.id, job.occurred_at, job.effect.intent, &held, record.as_ref(), now);
                    let stop = match ruling {
                        Ruling::Take => {
                            over = Some(held);
                            continue;
                        }
                        // It has ended, and runs again because an operator asks for it.
                        Ruling::Ended if record.is_some_and(|record| !job.is_over(&record)) => {
                            over = Some(held);
                            continue;
                        }
                        Ruling::Ended => Stop::Ended,
                        Ruling::Duplicate(by) => Stop::End(
                            Status::Duplicate,
                            Reason::new(format!("The same fact had the same effect already, through {by}.")),
                        ),
                        Ruling::Superseded(by) => Stop::End(
                            Status::Superseded,
                            Reason::new(format!("Something newer has decided this, through {by}.")),
                        ),
                        Ruling::Wait(until) => Stop::Wait(until),
                    };
                    return Ok(Err(stop));
                }
            }
        }
        Ok(Err(Stop::Wait(now)))
    }

    /// How long a call may take so that it ends well before the claim does, which was made at `since`.
    fn time_left(&self, since: Timestamp) -> Option<Duration> {
        let spent = Duration::try_from(clock::now().duration_since(since)).unwrap_or_default();
        self.lease.mul_f64(0.8).checked_sub(spent).filter(|left| !left.is_zero())
    }

    /// Leaves the app alone while its account is paused. It costs the job no attempt.
    async fn leave_alone(
        &self,
        job: &Job,
        account: &Account,
        token: String,
        before: Option<JobRecord>,
        receives: u32,
        now: Timestamp,
    ) -> Result<Ack, Fault> {
        let soon = now.saturating_add(SignedDuration::from_secs(2)).unwrap_or(Timestamp::MAX);
        let until = account.integration.health.paused_until.unwrap_or(soon).max(soon);
        let reason = Reason::new(format!(
            "{} has failed ten times in a row and is left alone for a while.",
            job.app.label()
        ));
        let attempts = job.spent(before.as_ref());
        let settled =
            Settled { status: Status::Retrying, reason: Some(reason), next_attempt: Some(until), attempts };
        self.write(job, settled, token, before, receives, now).await
    }

    /// Marks what a call came to.
    async fn mark(
        &self,
        job: &Job,
        account: &Account,
        outcome: Outcome,
        token: String,
        before: Option<JobRecord>,
        receives: u32,
    ) -> Result<Ack, Fault> {
        let now = clock::now();
        let outcome = match outcome {
            Outcome::ReconnectNeeded { reason }
                if !hold::report(self, job, &account.integration, &reason, now).await? =>
            {
                Outcome::RateLimited { until: now, reason }
            }
            outcome => outcome,
        };
        if let Outcome::RateLimited { until, .. } = &outcome
            && *until > now
        {
            self.spread(job, &account.integration, *until).await;
        }
        let spent = job.spent(before.as_ref());
        let settled = settle(outcome, spent, &self.schedule, clock::jitter(), now);
        self.write(job, settled, token, before, receives, now).await
    }

    /// Tells the account's other jobs, wherever they run, what the app said.
    async fn spread(&self, job: &Job, account: &Integration, until: Timestamp) {
        self.accounts.forget(job).await;
        if let Err(error) = self.store.note_limit(account, until).await {
            // They will hear it from the app.
            tracing::warn!(error = %Causes(&error), "the account's limit was not noted");
        }
    }

    /// Ends a job without a call, unless it has ended otherwise before.
    async fn end_without_call(&self, job: &Job, settled: Settled, now: Timestamp) -> Result<Ack, Fault> {
        let before = self.store.job(&job.marketplace, &job.id, now).await?;
        if before.as_ref().is_some_and(|record| job.is_over(record)) {
            return Ok(Ack::Done);
        }
        let spent = job.spent(before.as_ref());
        let token = before.as_ref().map(|record| record.token.clone()).unwrap_or_default();
        self.write(job, Settled { attempts: spent, ..settled }, token, before, 0, now).await
    }

    /// Holds a job until its account is reconnected.
    async fn hold(&self, job: &Job, reason: Reason, now: Timestamp) -> Result<Ack, Fault> {
        let settled = Settled { status: Status::Held, reason: Some(reason), next_attempt: None, attempts: 0 };
        self.end_without_call(job, settled, now).await
    }

    /// Parks a job until the operator resumes its app. It costs no attempt.
    async fn put_aside(&self, job: &Job, reason: Reason, now: Timestamp) -> Result<Ack, Fault> {
        let before = self.store.job(&job.marketplace, &job.id, now).await?;
        if before.as_ref().is_some_and(|record| job.is_over(record)) {
            return Ok(Ack::Done);
        }
        let attempts = job.spent(before.as_ref());
        let token = before.as_ref().map(|record| record.token.clone()).unwrap_or_default();
        let settled = Settled { status: Status::Held, reason: Some(reason), next_attempt: None, attempts };
        let resumed = Job { resumed: true, ..job.clone() };
        self.put(job, settled, token, before, Waiting::ForResume(&resumed), Ack::Done, now).await
    }

    /// Waits for somebody else's attempt to end, or for the account's rate. It is no attempt of this job's, so nothing is
    /// written where the message can wait on its queue.
    async fn wait(
        &self,
        job: &Job,
        until: Timestamp,
        (status, why): (Status, impl Fn() -> Reason),
        receives: u32,
        now: Timestamp,
    ) -> Result<Ack, Fault> {
        let wait =
            Duration::try_from(until.duration_since(now)).unwrap_or_default().max(Duration::from_secs(1));
        match place(wait, receives) {
            Place::Queue(wait) => Ok(Ack::ShowAgain(wait)),
            Place::Table => {
                let before = self.store.job(&job.marketplace, &job.id, now).await?;
                if before.as_ref().is_some_and(|record| job.is_over(record)) {
                    return Ok(Ack::Done);
                }
                // This message may be all there is of the job, so it is parked whatever the record says.
                let settled = Settled {
                    status,
                    reason: before
                        .as_ref()
                        .filter(|record| !record.status.is_final())
                        .and_then(|record| record.reason.clone())
                        .or_else(|| Some(why())),
                    next_attempt: Some(until),
                    attempts: job.spent(before.as_ref()),
                };
                let token = before.as_ref().map(|record| record.token.clone()).unwrap_or_default();
                self.write(job, settled, token, before, u32::MAX, now).await
            }
        }
    }

    /// Writes the job's record and finds the place where it waits, if it does.
    async fn write(
        &self,
        job: &Job,
        settled: Settled,
        token: String,
        before: Option<JobRecord>,
        receives: u32,
        now: Timestamp,
    ) -> Result<Ack, Fault> {
        let resumed = Job { resumed: true, ..job.clone() };
        let (waiting, ack) = match (settled.status, settled.next_attempt) {
            (Status::Held, _) => (Waiting::ForReconnect(&resumed), Ack::Done),
            (_, Some(next)) => {
                let wait = Duration::try_from(next.duration_since(now)).unwrap_or_default();
                match place(wait, receives) {
                    Place::Queue(wait) => (Waiting::No, Ack::ShowAgain(wait)),
                    Place::Table => (Waiting::Until(next, &resumed), Ack::Done),
                }
            }
            (_, None) => (Waiting::No, Ack::Done),
        };
        self.put(job, settled, token, before, waiting, ack, now).await
    }

    /// Writes the job's record with the place where it waits.
    #[expect(clippy::too_many_arguments, reason = "all of it is one item of the table")]
    async fn put(
        &self,
        job: &Job,
        settled: Settled,
        token: String,
        before: Option<JobRecord>,
        waiting: Waiting<'_>,
        ack: Ack,
        now: Timestamp,
    ) -> Result<Ack, Fault> {
        let earlier = before.as_ref().map(|record| record.token.clone()).unwrap_or_default();
        let record = record(job, settled, token, before, now);
        if self.store.record_job(&record, &earlier, waiting, now).await? {
            metrics::outcome(job, record.status, now);
            tracing::info!(status = record.status.key(), attempts = record.attempts, "settled");
            Ok(ack)
        } else {
            // Another attempt wrote meanwhile, because this one outlived its lease: the message looks again.
            tracing::warn!("another attempt at the same job wrote first");
            Ok(Ack::ShowAgain(OWN_FAULT_WAIT))
        }
    }
}

fn record(
    job: &Job,
    settled: Settled,
    token: String,
    before: Option<JobRecord>,
    now: Timestamp,
) -> JobRecord {
    let run = job.run(before.as_ref());
    let mut history = before.map(|record| record.history).unwrap_or_default();
    let message = settled.reason.as_ref().map(|reason| reason.message.clone());
    history.push(Attempt { at: now, status: settled.status, message });
    let surplus = history.len().saturating_sub(MOST_HISTORY);
    history.drain(..surplus);
    JobRecord {
        id: job.id,
        marketplace: job.marketplace.clone(),
        rule: job.rule.clone(),
        trigger: job.trigger,
        integration: job.integration.clone(),
        app: job.app,
        action: job.action.clone(),
        intent: job.effect.intent,
        effect: Some(job.effect.key),
        email: job.contact.email.clone(),
        line: job.line.clone(),
        occurred_at: job.occurred_at,
        updated_at: now,
        status: settled.status,
        reason: settled.reason,
        next_attempt: settled.next_attempt,
        attempts: settled.attempts,
        history,
        token,
        run,
    }
}

fn own_fault_wait(receives: u32) -> Duration {
    OWN_FAULT_WAIT.saturating_mul(1 << receives.saturating_sub(1).min(10)).min(LONGEST_OWN_FAULT_WAIT)
}
