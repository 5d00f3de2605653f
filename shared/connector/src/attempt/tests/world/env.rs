//! The environment of a worker: the model's table, account and app.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use aws::store::{Claimed, StoreError};
use domain::admission::{AccountState, After, CurrentRule};
use domain::effect::Claim;
use domain::id::{JobId, MarketplaceId};
use domain::integration::{Connection, Health, Integration};
use domain::job::Job;
use domain::log::JobRecord;
use domain::outcome::{Outcome, Reason, Setback};
use domain::retry::Schedule;
use domain::time;
use jiff::{SignedDuration, Timestamp};

use super::{Applied, Mood, Presence, Shared, Trace};
use crate::attempt::{Environment, Seen};
use crate::jobs::Jobs;

/// The end of a step.
async fn step() {
    let mut has_stopped = false;
    poll_fn(|_| if std::mem::replace(&mut has_stopped, true) { Poll::Ready(()) } else { Poll::Pending })
        .await;
}

/// The environment of one worker.
pub(super) struct Env {
    pub(super) shared: Rc<Shared>,
    pub(super) job: usize,
    pub(super) trace: Rc<Trace>,
}

impl Env {
    /// Calls the table, in a step of its own.
    async fn table(&self) -> Result<Mood, StoreError> {
        step().await;
        let mood = self.shared.state.borrow().mood;
        if mood == Mood::TableFails {
            self.trace.table_failed.set(true);
            return Err(StoreError::Unavailable { operation: "anything", source: "it fails".into() });
        }
        Ok(mood)
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
        if *id == self.shared.jobs[self.job].id {
            let token = record.as_ref().map(|record| record.token.clone());
            self.trace.read.replace(token.unwrap_or_default());
        }
        Ok(record)
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
            self.trace.leased_until.set(Some(claim.leased_until));
            if mood == Mood::Mute {
                // The client repeats the request and gets its own claim.
                return Ok(Claimed::Held(Box::new(claim.clone())));
            }
        }
        Ok(claimed)
    }

    async fn release(&self, job: &Job, token: &str, now: Timestamp) -> Result<(), StoreError> {
        self.table().await?;
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
        let is_late = self.trace.leased_until.get().is_some_and(|until| self.now() >= until);
        if is_late || (self.trace.is_unwritten.get() && mood.is_err()) {
            self.shared.state.borrow_mut().excuses.push(self.job);
        }
        self.trace.is_unwritten.set(false);
        let written = self.shared.table.write(job, after, before, now);
        // If the response is lost, the client repeats the write, and its condition is not met any longer.
        if mood? == Mood::Mute { written.await.map(|_| false) } else { written.await }
    }
}

impl Environment for Env {
    type Access = ();
    type Turn<'a> = ();

    fn now(&self) -> Timestamp {
        self.shared.state.borrow().now
    }

    fn jitter(&self) -> f64 {
        0.5
    }

    fn unique(&self) -> String {
        let mut state = self.shared.state.borrow_mut();
        state.tokens += 1;
        state.tokens.to_string()
    }

    fn schedule(&self) -> &Schedule {
        &self.shared.schedule
    }

    fn lease(&self) -> Duration {
        self.shared.lease
    }

    fn jobs(&self) -> &impl Jobs {
        self
    }

    async fn look(&self, _job: &Job, with_rule: bool, _now: Timestamp) -> Result<Seen<()>, StoreError> {
        self.table().await?;
        let state = self.shared.state.borrow();
        Ok(Seen {
            pause: state.pause.clone(),
            erased: false,
            account: if state.presence == Presence::Deleted {
                AccountState::Deleted
            } else {
                AccountState::Found(state.account.clone(), ())
            },
            rule: if with_rule { Some(state.rule.clone()).into() } else { CurrentRule::Unread },
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
        let mut state = self.shared.state.borrow_mut();
        if state.presence != Presence::Stored
            || state.account.credentials != account.credentials
            || state.account.health.open_until != account.health.open_until
        {
            return Ok(None);
        }
        state.account.health.open_until = Some(time::later(now, self.shared.lease));
        state.account.health.probing = true;
        Ok(Some(state.account.health))
    }

    async fn reread(&self, _job: &Job, _now: Timestamp) -> Result<Option<Integration>, StoreError> {
        self.table().await?;
        let mut state = self.shared.state.borrow_mut();
        if state.presence == Presence::Cached {
            state.presence = Presence::Deleted;
        }
        Ok((state.presence == Presence::Stored).then(|| state.account.clone()))
    }

    async fn call(
        &self,
        job: &Job,
        _access: &(),
        _turn: (),
        attempt: u32,
        limit: Duration,
    ) -> (Outcome, u32) {
        assert!(attempt > 0);
        let began = self.now();
        step().await;
        if self.shared.state.borrow().mood == Mood::Unsent {
            self.shared.state.borrow_mut().unsent = true;
            return (Setback::transient("No request was sent.").into(), 0);
        }
        self.shared.state.borrow_mut().calls[self.job] += 1;
        self.shared.state.borrow_mut().settings = job.settings.clone();
        if self.now() > time::later(began, limit) {
            return (Setback::transient("It is cut off, and was not done.").into(), 1);
        }
        self.trace.is_unwritten.set(true);
        let ended = self.shared.table.stands(&job.marketplace, &job.id);
        let mut state = self.shared.state.borrow_mut();
        let mood = state.mood;
        if matches!(mood, Mood::Fine | Mood::Mute | Mood::TableFails) {
            let after_end = ended.is_some_and(|(record, _)| {
                record.status.is_final() && record.token != *self.trace.read.borrow()
            });
            state.applied.push(Applied { job: self.job, after_end });
            state.switches.insert(job.effect.key, job.effect.intent);
        }
        if mood == Mood::Mute {
            state.excuses.push(self.job);
        }
        let why = "as it is";
        let outcome = match mood {
            Mood::Fine | Mood::TableFails => Outcome::DONE,
            Mood::Down | Mood::Mute | Mood::Unsent => Setback::transient(why).into(),
            Mood::Busy => Setback::rate_limited(state.now + SignedDuration::from_secs(120), why).into(),
            Mood::Refuses => Setback::rejected(why, why).into(),
            Mood::RefusesCredentials => Setback::reconnect(why, why).into(),
        };
        (outcome, 1)
    }

    async fn record_answer(&self, account: &Integration, answered: bool) -> Result<(), StoreError> {
        self.table().await?;
        let mut state = self.shared.state.borrow_mut();
        let now = state.now;
        if state.account.credentials != account.credentials {
            return Ok(());
        }
        let health = &mut state.account.health;
        if answered {
            *health = Health { not_before: health.not_before, ..Health::default() };
            return Ok(());
        }
        health.failures += 1;
        if Health::opens_after(health.failures) && health.open_until == account.health.open_until {
            health.open_until = Some(health.next_open_until(now));
            health.probing = false;
            health.pauses += 1;
        }
        Ok(())
    }

    async fn record_limit(&self, account: &Integration, until: Timestamp) -> Result<(), StoreError> {
        self.table().await?;
        let mut state = self.shared.state.borrow_mut();
        if state.account.credentials == account.credentials {
            state.account.health.not_before = state.account.health.not_before.max(Some(until));
        }
        Ok(())
    }

    async fn needs_reconnect(
        &self,
        account: &Integration,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.table().await?;
        let mut state = self.shared.state.borrow_mut();
        if state.presence != Presence::Stored {
            return Ok(true);
        }
        if state.account.credentials != account.credentials {
            return Ok(false);
        }
        state.account.connection = Connection::NeedsReconnect { since: now, reason: reason.clone() };
        Ok(true)
    }

    async fn written(&self, _job: &Job, _record: &JobRecord) {}
}
