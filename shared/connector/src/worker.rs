//! What performs the jobs of one app: the engine's services, as a delivery uses them.

use std::sync::Arc;
use std::time::Duration;

use aws::bus::Bus;
use aws::store::{Store, StoreError};
use domain::integration::{Health, Integration};
use domain::job::Job;
use domain::outcome::{Outcome, Reason};
use domain::retry::Schedule;
use jiff::{SignedDuration, Timestamp};
use runtime::clock;

use crate::accounts::{self, Accounts, Found};
use crate::app_pause::PauseCache;
use crate::attempt::{self, Ack, Delivery, Environment, Seen, SeenRule};
use crate::call::Connector;
use crate::concurrency::Windows;
use crate::jobs::Jobs;
use crate::oauth::Authorizer;
use crate::perform::Action;
use crate::rate_limiter::{RateLimiter, Turn};
use crate::{circuit_breaker, reconnect};

/// A function waits so long for its account's rate by itself; for longer, the message goes back to the queue.
const PATIENCE: SignedDuration = SignedDuration::from_secs(2);

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
    pub rates: RateLimiter,
    /// How many calls each may have under way.
    pub windows: Windows,
    /// Whether the operator lets the app's jobs through.
    pub pauses: PauseCache,
    /// Where the operator hears of refused credentials.
    pub bus: Bus,
    /// When failed jobs are tried again.
    pub schedule: Schedule,
    /// How long a claim holds; longer than any call.
    pub lease: Duration,
}

impl<C: Connector> Worker<C> {
    /// Performs one job, and says what becomes of its message. The function ends at `deadline`.
    pub async fn run(&self, job: &Job, receives: u32, deadline: Timestamp) -> Ack {
        attempt::run(self, Delivery { job, receives, deadline }).await
    }
}

impl<C: Connector> Environment for Worker<C> {
    type Access = Arc<accounts::Account>;
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
                self.store.rule(m, &job.rule, now).await.map(SeenRule::from)
            } else {
                Ok(SeenRule::Unread)
            }
        };
        let (pause, erased, found, rule) = futures::try_join!(
            self.pauses.closed(&self.store),
            self.store.is_erased(m, job.id.event.buyer, job.occurred_at, now),
            self.accounts.of(job, now),
            rule,
        )?;
        let account = match found {
            Found::Open(account) => attempt::Account::Found(account.integration.clone(), account),
            Found::Deleted => attempt::Account::Deleted,
            Found::Unreadable(integration) => attempt::Account::Unreadable(*integration),
            Found::Undecrypted => attempt::Account::Undecrypted,
        };
        Ok(Seen { pause, erased, account, rule })
    }

    fn limited_until(&self, account: &Integration, now: Timestamp) -> Option<Timestamp> {
        let turn = || self.rates.next_turn(account, now).filter(|at| at.duration_since(now) > PATIENCE);
        self.rates.not_before(account, now).or_else(turn)
    }

    async fn take_turn<'a>(&'a self, account: &'a Integration) -> Result<Turn<'a>, Timestamp> {
        let began = clock::now();
        loop {
            let now = clock::now();
            let until = match self.rates.take(account, now) {
                Ok(turn) => return Ok(turn),
                Err(until) if until.duration_since(began) > PATIENCE => return Err(until),
                Err(until) => until,
            };
            tokio::time::sleep(Duration::try_from(until.duration_since(now)).unwrap_or_default()).await;
        }
    }

    async fn take_probe(&self, account: &Integration, now: Timestamp) -> Result<Option<Health>, StoreError> {
        let lease = SignedDuration::try_from(self.lease).unwrap_or(SignedDuration::from_mins(1));
        self.store.take_probe(account, lease, now).await
    }

    async fn reread(&self, account: &Integration, now: Timestamp) -> Result<Option<Integration>, StoreError> {
        self.accounts.forget(&account.marketplace, &account.id).await;
        self.store.integration(&account.marketplace, &account.id, now).await
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
        circuit_breaker::record(&self.store, &self.accounts, account, answered).await
    }

    async fn record_limit(&self, account: &Integration, until: Timestamp) -> Result<(), StoreError> {
        self.accounts.forget(&account.marketplace, &account.id).await;
        self.store.record_limit(account, until).await
    }

    async fn needs_reconnect(
        &self,
        account: &Integration,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.accounts.forget(&account.marketplace, &account.id).await;
        reconnect::report(&self.store, &self.bus, account, reason, now).await
    }
}
