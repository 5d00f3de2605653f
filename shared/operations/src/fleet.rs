//! What the operator sees of all marketplaces, and what they do for all of them: pausing an app and resuming it.

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

/// As many marketplaces as are read side by side.
const AT_ONCE: usize = 10;

/// A deployment as its operator sees it.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// The table.
    pub store: Store,
    /// The apps' queues.
    pub queues: Queues,
    /// The apps' dead-letter queues.
    pub dead_letters: BTreeMap<App, DeadLetters>,
}

/// How one app does, for all merchants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppHealth {
    /// The app.
    pub app: App,
    /// Its accounts that work.
    pub connected: BoundedCount,
    /// Its accounts that need their merchant.
    pub needs_reconnect: BoundedCount,
    /// Its pause, where the operator has paused it.
    pub paused: Option<AppPause>,
    /// The jobs that wait for the pause to end.
    pub parked: BoundedCount,
    /// When the fact occurred that the oldest of those jobs comes from.
    pub oldest_parked: Option<Timestamp>,
    /// The jobs on its queue.
    pub queue: Depth,
    /// The messages in its dead-letter queue.
    pub dead_letters: Depth,
}

/// How one marketplace does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketplaceHealth {
    /// Whose it is.
    pub marketplace: MarketplaceId,
    /// Its accounts.
    pub accounts: Vec<AccountHealth>,
}

/// How one account does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountHealth {
    /// The account. Its credentials are sealed.
    pub integration: Integration,
    /// The jobs that are held until it is connected again.
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

    /// Whether its app's latest answer was a passing failure, or it is left alone for such failures.
    pub fn is_failing(&self) -> bool {
        !self.integration.health.is_good()
    }
}

/// A question that was not answered.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// The table did not answer.
    #[error("the table cannot be read or written")]
    Store(#[from] StoreError),
    /// SQS did not answer.
    #[error("a queue cannot be asked for its depth")]
    Queue(#[from] QueueError),
}

impl Fleet {
    /// Every app.
    pub async fn apps(&self) -> Result<Vec<AppHealth>, FleetError> {
        try_join_all(App::ALL.iter().map(|app| self.app(*app))).await
    }

    /// One app.
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

    /// Pauses an app for every merchant, within about ten seconds.
    pub async fn pause(&self, app: App, note: &Note, now: Timestamp) -> Result<AppPause, FleetError> {
        Ok(self.store.pause_app(app, note, now).await?)
    }

    /// Ends an app's pause. Its jobs go on from the next sweep, within about a minute. `false`: it was not paused.
    pub async fn resume(&self, app: App, now: Timestamp) -> Result<bool, FleetError> {
        Ok(self.store.resume_app(app, now).await?)
    }

    /// A page of the marketplaces, each with its accounts as they are now.
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

    /// One marketplace; `None` where no app was ever connected in it.
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
