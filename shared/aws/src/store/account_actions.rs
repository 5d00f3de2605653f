//! The newest actions of several accounts.

use domain::id::{IntegrationId, MarketplaceId};
use domain::log::JobRecord;
use domain::page::{Page, Position};
use jiff::Timestamp;

use super::keys::{self, SHARDS};
use super::pages::{Partitions, Span};
use super::{Store, StoreError, read};

impl Store {
    /// The newest actions in some accounts that match `wanted`. No events are read, so the number of reads does not
    /// depend on events without actions.
    pub async fn actions_in(
        &self,
        m: &MarketplaceId,
        accounts: &[IntegrationId],
        span: &Span,
        wanted: impl Fn(&JobRecord) -> bool,
        now: Timestamp,
    ) -> Result<Page<JobRecord>, StoreError> {
        let shards = |account| (0..SHARDS).map(move |shard| keys::actions_listing(m, account, shard));
        let partitions = Partitions::Listing(accounts.iter().flat_map(shards).collect());
        let take = |_: Position, item| Ok(Some(read(item, "a job")?).filter(&wanted));
        self.listing(partitions, span).page(span, now, take).await
    }
}
