//! The operator's view of all marketplaces, and operations for all of them: pausing and resuming an app.

mod dead_letters;

use aws::queue::QueueError;
use aws::store::{BoundedCount, StoreError};
use domain::app::App;
use domain::id::MarketplaceId;
use domain::integration::{Connection, Integration};
use domain::page::{Listed, Listing, Page, Wanted};
use domain::pause::{AppPause, Note};
use futures::future::{try_join, try_join_all};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

pub use aws::queue::Depth;
pub use aws::store::Standing;

use crate::engine::{Engine, Services};
use crate::listing::ListError;

/// The number of marketplaces that are read at the same time.
const AT_ONCE: usize = 10;

/// The operations for all marketplaces.
#[derive(Debug, Clone, Copy)]
pub struct Fleet<'a>(&'a Engine);

impl Engine {
    /// The operations for all marketplaces.
    pub fn fleet(&self) -> Fleet<'_> {
        Fleet(self)
    }
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

impl Fleet<'_> {
    /// The health of every deployed app.
    pub async fn apps(&self) -> Result<Vec<AppHealth>, FleetError> {
        try_join_all(self.0.apps().map(|app| self.app(app))).await
    }

    /// The health of an app.
    pub async fn app(&self, app: App) -> Result<AppHealth, FleetError> {
        let Services { queues, dead_letters, .. } = &*self.0.services;
        let accounts = async { Ok::<_, FleetError>(self.0.store.fleet_counts(app).await?) };
        let waiting = async {
            let paused = self.0.store.app_pause(app).await?;
            let (parked, oldest) =
                try_join(self.0.store.paused_count(app), self.0.store.oldest_paused(app)).await?;
            Ok::<_, FleetError>((paused, parked, oldest))
        };
        let depths = async {
            let dead = async {
                match dead_letters.get(&app) {
                    Some(dead) => dead.depth().await,
                    None => Err(QueueError::NoQueue(app)),
                }
            };
            Ok::<_, FleetError>(try_join(queues.depth(app), dead).await?)
        };
        let ((connected, needs_reconnect), ((paused, parked, oldest_parked), (queue, dead_letters))) =
            try_join(accounts, try_join(waiting, depths)).await?;
        Ok(AppHealth { app, connected, needs_reconnect, paused, parked, oldest_parked, queue, dead_letters })
    }

    /// Pauses an app for all merchants, with effect within about 10 seconds.
    pub async fn pause(&self, app: App, note: &Note, now: Timestamp) -> Result<AppPause, FleetError> {
        Ok(self.0.store.pause_app(app, note, now).await?)
    }

    /// Ends an app's pause. Its jobs continue with the next sweep, within about a minute. `false`: the app was not
    /// paused.
    pub async fn resume(&self, app: App, now: Timestamp) -> Result<bool, FleetError> {
        Ok(self.0.store.resume_app(app, now).await?)
    }

    /// A page of the accounts of an app that need to be reconnected, of all marketplaces, in the order in which the app
    /// began to refuse them.
    pub async fn refused_accounts(
        &self,
        app: App,
        wanted: Wanted<'_>,
    ) -> Result<Listed<Standing>, ListError> {
        let listing = Listing::new("needs_reconnect", &app);
        let after = listing.after(wanted)?;
        Ok(listing.listed(self.0.store.refused_accounts(app, wanted.limit, after.as_ref()).await?))
    }

    /// A page of the marketplaces, each with its accounts and their current state.
    pub async fn marketplaces(
        &self,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Listed<MarketplaceHealth>, ListError> {
        let listing = Listing::new("marketplaces", &());
        let after: Option<MarketplaceId> = listing.after(wanted)?;
        let page = self.0.store.marketplaces(wanted.limit, after.as_ref()).await?;
        let items = stream::iter(page.items).map(|m| self.accounts_of(m, now));
        let items: Vec<_> = items.buffered(AT_ONCE).try_collect().await?;
        Ok(listing.listed(Page { items, next: page.next }))
    }

    /// A marketplace; `None` if it has never connected an app.
    pub async fn marketplace(
        &self,
        m: &MarketplaceId,
        now: Timestamp,
    ) -> Result<Option<MarketplaceHealth>, StoreError> {
        let found = self.accounts_of(m.clone(), now).await?;
        let is_known = !found.accounts.is_empty() || self.0.store.is_listed(m, now).await?;
        Ok(is_known.then_some(found))
    }

    async fn accounts_of(&self, m: MarketplaceId, now: Timestamp) -> Result<MarketplaceHealth, StoreError> {
        let integrations = self.0.store.integrations(&m, now).await?;
        let accounts = integrations.into_iter().map(async |integration| {
            let held = self.0.store.held_at_least(&m, &integration.id).await?;
            Ok::<_, StoreError>(AccountHealth { integration, held })
        });
        let accounts = try_join_all(accounts).await?;
        Ok(MarketplaceHealth { marketplace: m, accounts })
    }
}
