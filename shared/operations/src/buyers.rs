//! The data of one buyer: the timeline and the erasure.

mod erase;

use domain::id::{BuyerKey, MarketplaceId};
use domain::page::{Listed, Listing, Wanted};
use jiff::Timestamp;
use serde::Serialize;

pub use aws::store::Entry;
pub use erase::EraseError;

use crate::engine::Engine;
use crate::listing::ListError;
use crate::log::span;

/// The operations on the data of buyers.
#[derive(Debug, Clone, Copy)]
pub struct Buyers<'a>(&'a Engine);

impl Engine {
    /// The operations on the data of buyers.
    pub fn buyers(&self) -> Buyers<'_> {
        Buyers(self)
    }
}

/// A time range. A bound that is not set does not apply.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct TimeRange {
    /// This time or later.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

impl Buyers<'_> {
    /// A page of the events and actions of a buyer.
    pub async fn timeline(
        &self,
        m: &MarketplaceId,
        buyer: BuyerKey,
        range: TimeRange,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Listed<Entry>, ListError> {
        let listing = Listing::new("timeline", &(m, buyer, range));
        let span = span(&listing, wanted, range.from, range.to)?;
        Ok(listing.listed(self.0.store.timeline_page(m, buyer, &span, now).await?))
    }
}
