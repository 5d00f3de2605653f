//! The operator's view of all marketplaces, and operations for all of them: pausing and resuming an app.

use std::collections::BTreeMap;

use aws::dead_letters::DeadLetters;
use aws::queue::{Depth, QueueError, Queues};
use aws::store::{BoundedCount, Store, StoreError};
use domain::app::App;
use domain::id::MarketplaceId;
use domain::integration::{Connection, Integration};
use domain::page::Page;
use domain::pause::{AppPause, Note};
use futures::future::{try_join, try_join_all};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

/// The number of marketplaces that are read at the same time.
const AT_ONCE: usize = 10;

/// The operator's view of a deployment.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// The table.
    pub store: Store,
    /// The apps' queues.
    pub queues: Queues,
    /// The apps' dead-letter queues.
    pub dead_letters: BTreeMap<App, DeadLetters>,
}

/// The health of an app, for all merchants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppHealth {
    /// The app.
    pub app: App,
    /// The number of accounts that work.
    pub connected: BoundedCount,
    /// The number of accounts that need to be reconnected.
    pub needs_reconnect: BoundedCount,
    /// The operator's pause, if the app is paused.
    pub paused: Option<AppPause>,
    /// The number of jobs that wait for the pause to end.
    pub parked: BoundedCount,
    /// When the fact of the oldest of these jobs occurred.
    pub oldest_parked: Option<Timestamp>,
    /// The numbers of jobs on the app's queue.
    pub queue: Depth,
    /// The numbers of messages in the app's dead-letter queue.
    pub dead_letters: Depth,
}

/// The health of a marketplace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketplaceHealth {
    /// The marketplace's id.
    pub marketplace: MarketplaceId,
    /// The accounts of the marketplace.
    pub accounts: Vec<AccountHealth>,
}

/// The health of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountHealth {
    /// The account. Its credentials are encrypted.
    pub integration: Integration,
    /// The number of jobs that are held until the account is reconnected.
    pub held: BoundedCount,
}

impl AccountHealth {
    /// Whether the app refuses the account's credentials.
    pub fn needs_reconnect(&self) -> bool {
        match self.integration.connection {
            Connection::NeedsReconnect { .. } => true,
            Connection::Connected => false,
        }
    }

    /// Whether the app's latest response was a temporary failure, or calls are paused after such failures.
    pub fn is_failing(&self) -> bool {
        !self.integration.health.is_good()
    }
}

/// The reason why a fleet operation failed.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// DynamoDB did not respond.
    #[error("the table cannot be read or written")]
    Store(#[from] StoreError),
    /// SQS did not respond.
    #[error("the depth of a queue cannot be read")]
    Queue(#[from] QueueError),
}

impl Fleet {
    /// The health of every app.
    pub async fn apps(&self) -> Result<Vec<AppHealth>, FleetError> {
        try_join_all(App::ALL.iter().map(|app| self.app(*app))).await
    }

    /// The health of an app.
    pub async fn app(&self, app: App) -> Result<AppHealth, FleetError> {
        let accounts = async { Ok::<_, FleetError>(self.store.fleet_counts(app).await?) };
        let waiting = async {
            let paused = self.store.app_pause(app).await?;
            let (parked, oldest) =
                try_join(self.store.paused_count(app), self.store.oldest_paused(app)).await?;
            Ok::<_, FleetError>((paused, parked, oldest))
        };
        let queues = async {
            let dead = async {
                match self.dead_letters.get(&app) {
                    Some(dead) => dead.depth().await,
                    None => Err(QueueError::NoQueue(app)),
                }
            };
            Ok::<_, FleetError>(try_join(self.queues.depth(app), dead).await?)
        };
        let ((connected, needs_reconnect), ((paused, parked, oldest_parked), (queue, dead_letters))) =
            try_join(accounts, try_join(waiting, queues)).await?;
        Ok(AppHealth { app, connected, needs_reconnect, paused, parked, oldest_parked, queue, dead_letters })
    }

    /// Pauses an app for all merchants, with effect within about 10 seconds.
    pub async fn pause(&self, app: App, note: &Note, now: Timestamp) -> Result<AppPause, FleetError> {
        Ok(self.store.pause_app(app, note, now).await?)
    }

    /// Ends an app's pause. Its jobs continue with the next sweep, within about a minute. `false`: the app was not
    /// paused.
    pub async fn resume(&self, app: App, now: Timestamp) -> Result<bool, FleetError> {
        Ok(self.store.resume_app(app, now).await?)
    }

    /// A page of the marketplaces, each with its accounts and their current state.
    pub async fn marketplaces(
        &self,
        limit: usize,
        after: Option<&MarketplaceId>,
        now: Timestamp,
    ) -> Result<Page<MarketplaceHealth, MarketplaceId>, FleetError> {
        let page = self.store.marketplaces(limit, after).await?;
        let items = stream::iter(page.items).map(|m| self.accounts_of(m, now));
        Ok(Page { items: items.buffered(AT_ONCE).try_collect().await?, next: page.next })
    }

    /// A marketplace; `None` if it has never connected an app.
    pub async fn marketplace(
        &self,
        m: &MarketplaceId,
        now: Timestamp,
    ) -> Result<Option<MarketplaceHealth>, FleetError> {
        let found = self.accounts_of(m.clone(), now).await?;
        let is_known = !found.accounts.is_empty() || self.store.is_listed(m, now).await?;
        Ok(is_known.then_some(found))
    }

    async fn accounts_of(&self, m: MarketplaceId, now: Timestamp) -> Result<MarketplaceHealth, FleetError> {
        let integrations = self.store.integrations(&m, now).await?;
        let accounts = integrations.into_iter().map(async |integration| {
            let held = self.store.held_at_least(&m, &integration.id).await?;
            Ok::<_, FleetError>(AccountHealth { integration, held })
        });
        let accounts = try_join_all(accounts).await?;
        Ok(MarketplaceHealth { marketplace: m, accounts })
    }
}
