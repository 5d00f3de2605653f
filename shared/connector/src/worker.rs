//! Performs the jobs of one app: the engine's services as a delivery uses them.

use std::sync::Arc;
use std::time::Duration;

use aws::bus::Bus;
use aws::store::{Refusal, Store, StoreError};
use domain::admission::CurrentRule;
use domain::integration::{Health, Integration};
use domain::job::Job;
use domain::log::JobRecord;
use domain::outcome::{Outcome, Reason};
use domain::retry::Schedule;
use domain::time;
use jiff::Timestamp;
use runtime::clock;
use runtime::logs::Causes;

use crate::accounts::{Account, Accounts};
use crate::app_pause::PauseCache;
use crate::attempt::{self, Ack, Delivery, Environment, Seen};
use crate::call::Connector;
use crate::circuit_breaker::{self, Answered};
use crate::concurrency::Windows;
use crate::failed::{self, KnownGroups};
use crate::jobs::Jobs;
use crate::oauth::Authorizer;
use crate::perform::Action;
use crate::rate_limiter::{LONGEST_WAIT, RateLimiter, Turn};

/// Performs the jobs of one app.
#[derive(Debug)]
pub struct Worker<C> {
    /// The app's connector.
    pub connector: C,
    /// The table.
    pub store: Store,
    /// The accounts to act in.
    pub accounts: Accounts,
    /// The accounts that were connected by OAuth.
    pub authorizer: Authorizer,
    /// Whether the accounts' apps have responded.
    pub answered: Answered,
    /// The rate of calls for each account.
    pub rates: RateLimiter,
    /// The concurrent calls of each account.
    pub windows: Windows,
    /// Whether the operator has paused the app.
    pub pauses: PauseCache,
    /// The bus on which the operator is notified of refused credentials and of failed actions.
    pub bus: Bus,
    /// The failed actions that the operator was notified of.
    pub failed: KnownGroups,
    /// When failed jobs are retried.
    pub schedule: Schedule,
    /// The lease of a claim; longer than any call.
    pub lease: Duration,
}

impl<C: Connector> Worker<C> {
    /// Performs the job of a message. Returns what happens to the message.
    pub(crate) async fn run(&self, delivery: Delivery<'_>) -> Ack {
        attempt::run(self, delivery).await
    }
}

impl<C: Connector> Environment for Worker<C> {
    type Access = Arc<Account>;
    type Turn<'a>
        = Turn<'a>
    where
        Self: 'a;

    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn jitter(&self) -> f64 {
        clock::jitter()
    }

    fn unique(&self) -> String {
        clock::unique()
    }

    fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    fn lease(&self) -> Duration {
        self.lease
    }

    fn jobs(&self) -> &impl Jobs {
        &self.store
    }

    async fn look(
        &self,
        job: &Job,
        with_rule: bool,
        now: Timestamp,
    ) -> Result<Seen<Self::Access>, StoreError> {
        let m = &job.marketplace;
        let rule = async {
            if with_rule {
                self.store.rule(m, &job.rule, now).await.map(CurrentRule::from)
            } else {
                Ok(CurrentRule::Unread)
            }
        };
        let (pause, erased, account, rule) = futures::try_join!(
            self.pauses.closed(&self.store),
            self.store.is_erased(m, job.id.event.buyer, job.occurred_at, now),
            self.accounts.of(job, now),
            rule,
        )?;
        Ok(Seen { pause, erased, account, rule })
    }

    fn limited_until(&self, account: &Integration, now: Timestamp) -> Option<Timestamp> {
        let is_named = account.health.not_before.is_some_and(|until| until > now);
        self.rates.next_turn(account, now).filter(|at| is_named || at.duration_since(now) > LONGEST_WAIT)
    }

    fn queue_up(&self, account: &Integration, now: Timestamp) {
        self.rates.queue_up(account, now);
    }

    async fn take_turn<'a>(&'a self, account: &'a Integration) -> Result<Turn<'a>, Timestamp> {
        let began = clock::now();
        loop {
            let now = clock::now();
            let until = match self.rates.take(account, now) {
                Ok(turn) => return Ok(turn),
                Err(until) if until.duration_since(began) > LONGEST_WAIT => return Err(until),
                Err(until) => until,
            };
            tokio::time::sleep(time::between(now, until)).await;
        }
    }

    async fn take_probe(&self, account: &Integration, now: Timestamp) -> Result<Option<Health>, StoreError> {
        self.store.take_probe(account, self.lease, now).await
    }

    async fn reread(&self, job: &Job, now: Timestamp) -> Result<Option<Integration>, StoreError> {
        self.accounts.reread(&job.marketplace, &job.integration).await;
        self.store.integration(&job.marketplace, &job.integration, now).await
    }

    async fn call<'a>(
        &'a self,
        job: &Job,
        account: &Self::Access,
        turn: Turn<'a>,
        attempt: u32,
        limit: Duration,
    ) -> (Outcome, u32) {
        let Self { connector, authorizer, windows, .. } = self;
        let action = Action { connector, authorizer, windows, job, account, attempt };
        let (outcome, requests) = action.perform(limit).await;
        turn.spend(requests, clock::now());
        (outcome, requests)
    }

    async fn record_answer(&self, account: &Integration, answered: bool) -> Result<(), StoreError> {
        let (store, known) = (&self.store, &self.answered);
        let changed = circuit_breaker::record(store, known, account, answered, clock::now()).await?;
        if changed {
            self.accounts.reread(&account.marketplace, &account.id).await;
        }
        Ok(())
    }

    async fn record_limit(&self, account: &Integration, until: Timestamp) -> Result<(), StoreError> {
        self.accounts.reread(&account.marketplace, &account.id).await;
        self.store.record_limit(account, until).await
    }

    async fn needs_reconnect(
        &self,
        account: &Integration,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.accounts.reread(&account.marketplace, &account.id).await;
        // Of all the jobs that meet the refused credentials, the first notifies the operator.
        match self.store.mark_needs_reconnect(account, reason, now).await? {
            Refusal::First => {
                if let Err(error) = self.bus.needs_attention(account, reason, now).await {
                    // A job must not fail because the operator's notification failed.
                    tracing::error!(error = %Causes(&error), "the operator was not notified");
                }
                Ok(true)
            }
            Refusal::Known => Ok(true),
            Refusal::Outdated => Ok(false),
        }
    }

    async fn written(&self, job: &Job, record: &JobRecord) {
        failed::report(&self.store, &self.bus, &self.failed, job, record).await;
    }
}
