//! One job: see what stands in its way, claim its effect, call the app, mark what it came to.

use std::sync::Arc;
use std::time::Duration;

use aws::bus::Bus;
use aws::store::{Store, StoreError};
use aws::vault::VaultError;
use domain::integration::{Connection, Integration};
use domain::job::Job;
use domain::log::Status;
use domain::outcome::{Outcome, Reason, Setback};
use domain::retry::Schedule;
use domain::settle::{Settled, settle};
use jiff::{SignedDuration, Timestamp};
use runtime::clock;
use runtime::logs::Causes;

use crate::accounts::{Account, AccountError, Accounts};
use crate::backoff::Admission;
use crate::call::Connector;
use crate::gate::Gate;
use crate::oauth::Authorizer;
use crate::obstacle::Obstacle;
use crate::rate::Rates;
use crate::row::Row;
use crate::{backoff, hold};

/// When our own services fail, a job returns after this, and each time after twice as long: so that an hour without
/// the table does not send it to the dead-letter queue.
pub(crate) const OWN_FAULT_WAIT: Duration = Duration::from_secs(5);
const LONGEST_OWN_FAULT_WAIT: Duration = Duration::from_mins(15);
/// What is left of an invocation for marking what its calls came to: a function that is ended before that has forgotten
/// what it did.
const FOR_THE_MARK: Duration = Duration::from_secs(5);
/// No call is begun with less time than this.
const SHORTEST_CALL: Duration = Duration::from_secs(2);

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

/// Our own services failed: the message returns, and nothing is lost.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Account(#[from] AccountError),
}

/// Why a job is not called for.
pub(crate) enum Halt {
    Obstacle(Obstacle),
    Fault(Fault),
}

impl From<Obstacle> for Halt {
    fn from(obstacle: Obstacle) -> Self {
        Self::Obstacle(obstacle)
    }
}

impl<E: Into<Fault>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

impl<C: Connector> Worker<C> {
    /// Performs one job, and says what becomes of its message. The function ends at `deadline`.
    pub async fn run(&self, job: &Job, receives: u32, deadline: Timestamp) -> Ack {
        let now = clock::now();
        let ended = match self.attempt(job, receives, deadline, now).await {
            Ok(ack) => Ok(ack),
            Err(Halt::Obstacle(obstacle)) => self.stop(job, obstacle, receives, now).await,
            Err(Halt::Fault(fault)) => Err(fault),
        };
        ended.unwrap_or_else(|fault| {
            tracing::warn!(error = %Causes(&fault), "the job returns to its queue");
            Ack::ShowAgain(own_fault_wait(receives))
        })
    }

    async fn attempt(
        &self,
        job: &Job,
        receives: u32,
        deadline: Timestamp,
        now: Timestamp,
    ) -> Result<Ack, Halt> {
        let account = self.open(job, now).await?;
        let row = self.claim(job, now).await?;
        let used = match backoff::admit(self, job, &account.integration, now).await? {
            Admission::Now(used) => used,
            Admission::After(until) => return Ok(self.leave_alone(job, until, row, receives, now).await?),
            Admission::Changed => return Ok(Ack::ShowAgain(OWN_FAULT_WAIT)),
        };
        let Some(limit) = time_left(now, clock::now(), self.lease, deadline) else {
            return Ok(Ack::ShowAgain(OWN_FAULT_WAIT));
        };
        let (outcome, calls) = self.call(job, &account, row.spent(job) + 1, limit).await;
        if let Err(error) = backoff::note(self, job, &used, &outcome, calls).await {
            // What the call came to must be marked all the same: without its mark it would be made again.
            tracing::warn!(error = %Causes(&error), "the account's health was not noted");
        }
        Ok(self.mark(job, &account.integration, outcome, row, receives).await?)
    }

    /// The account to act in, where nothing stands in the job's way to it.
    async fn open(&self, job: &Job, now: Timestamp) -> Result<Arc<Account>, Halt> {
        if let Some(pause) = self.gate.closed(&self.store).await? {
            return Err(Obstacle::Paused(pause.reason()).into());
        }
        if self.store.is_erased(&job.marketplace, job.id.event.buyer, job.occurred_at, now).await? {
            tracing::info!("the buyer was erased since: nothing to do");
            return Err(Obstacle::Over.into());
        }
        let account = self.account(job, now).await?;
        if let Connection::NeedsReconnect { reason, .. } = &account.integration.connection {
            return Err(Obstacle::Refused(reason.clone()).into());
        }
        if let Err(until) = self.admit(&account).await {
            let reason = Reason::new(format!("{} takes no more calls for the moment.", job.app.label()));
            return Err(Obstacle::NotYet(until, Status::RateLimited, reason).into());
        }
        Ok(account)
    }

    async fn account(&self, job: &Job, now: Timestamp) -> Result<Arc<Account>, Halt> {
        let reason = match self.accounts.of(job, now).await {
            Ok(Some(account)) => return Ok(account),
            Ok(None) => Reason::new("The integration was deleted.")
                .hint("Delete the rule, or choose another integration in it."),
            Err(AccountError::Vault(VaultError::Unreadable) | AccountError::Credentials(_)) => {
                Reason::new("The stored credentials cannot be read.")
                    .hint("Connect the integration again, then retry.")
            }
            Err(error) => return Err(error.into()),
        };
        Err(Obstacle::Ends(Status::Rejected, reason).into())
    }

    /// Leaves the app alone while its account is paused. The call that goes first speaks for every job: each is as far on
    /// its schedule as if it had failed itself, or those of an app that is gone for good would never end.
    async fn leave_alone(
        &self,
        job: &Job,
        until: Timestamp,
        row: Row,
        receives: u32,
        now: Timestamp,
    ) -> Result<Ack, Fault> {
        let message =
            format!("{} has failed ten times in a row and is left alone for a while.", job.app.label());
        let setback = Setback::later(message);
        let settled = settle(setback.into(), row.spent(job), &self.schedule, clock::jitter(), now);
        let soon = now.saturating_add(SignedDuration::from_secs(2)).unwrap_or(Timestamp::MAX);
        let next_attempt = settled.next_attempt.map(|next| next.max(until).max(soon));
        self.write(job, row, Settled { next_attempt, ..settled }, receives, now).await
    }

    /// Marks what a call came to.
    async fn mark(
        &self,
        job: &Job,
        account: &Integration,
        outcome: Outcome,
        row: Row,
        receives: u32,
    ) -> Result<Ack, Fault> {
        let now = clock::now();
        let outcome = match outcome {
            Outcome::Not(Setback::ReconnectNeeded { reason })
                if !hold::report(self, job, account, &reason, now).await? =>
            {
                Setback::RateLimited { until: now, reason }.into()
            }
            outcome => outcome,
        };
        let settled = settle(outcome, row.spent(job), &self.schedule, clock::jitter(), now);
        if let (Status::RateLimited, Some(until)) = (settled.status, settled.next_attempt)
            && until > now
        {
            self.spread(job, account, until).await;
        }
        self.write(job, row, settled, receives, now).await
    }

    /// Tells the account's other jobs, wherever they run, what the app said.
    async fn spread(&self, job: &Job, account: &Integration, until: Timestamp) {
        self.accounts.forget(job).await;
        if let Err(error) = self.store.note_limit(account, until).await {
            // They will hear it from the app.
            tracing::warn!(error = %Causes(&error), "the account's limit was not noted");
        }
    }
}

fn own_fault_wait(receives: u32) -> Duration {
    OWN_FAULT_WAIT.saturating_mul(1 << receives.saturating_sub(1).min(10)).min(LONGEST_OWN_FAULT_WAIT)
}

/// How long a call may take now, so that it is marked before the function ends, and well before the lease does that began
/// at `since`; `None`: too short for a call.
fn time_left(since: Timestamp, now: Timestamp, lease: Duration, deadline: Timestamp) -> Option<Duration> {
    let between =
        |from: Timestamp, to: Timestamp| Duration::try_from(to.duration_since(from)).unwrap_or_default();
    let of_lease = lease.mul_f64(0.8).saturating_sub(between(since, now));
    let of_function = between(now, deadline).saturating_sub(FOR_THE_MARK);
    Some(of_lease.min(of_function)).filter(|left| *left >= SHORTEST_CALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_in_time_for_its_mark_whichever_ends_first_the_function_or_the_lease() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let left = |now, lease, deadline| {
            time_left(at(100), at(now), Duration::from_secs(lease), at(deadline)).map(|left| left.as_secs())
        };
        assert_eq!(left(100, 60, 130), Some(25), "the function ends first");
        assert_eq!(left(110, 60, 130), Some(15));
        assert_eq!(left(102, 10, 130), Some(6), "the lease ends first");
        assert_eq!((left(124, 60, 130), left(200, 60, 130), left(107, 10, 130)), (None, None, None));
    }
}
