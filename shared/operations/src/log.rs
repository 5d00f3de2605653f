//! The logs: the Action Log, the events, and the Configuration Log.
//!
//! The log, its owner and the time range are in the key of the query. Every other filter is applied to the items that
//! were read. A page reads a bounded number of items, so it can be short or empty and still have a cursor.

pub mod explain;
mod filter;
mod notes;
pub mod unstarted;
pub mod verdict;

use std::str::FromStr;

use aws::store::{Reach, Span, StoreError, Takes};
use domain::id::{EventId, JobId, MarketplaceId};
use domain::log::{ConfigEntry, EventRecord, JobRecord};
use domain::page::{InvalidCursor, Listed, Listing, Wanted};
use jiff::Timestamp;

pub use self::filter::{ActionFilter, ConfigFilter, EventFilter};

use crate::engine::Engine;
use crate::listing::ListError;

/// The operations on the logs.
#[derive(Debug, Clone, Copy)]
pub struct Log<'a>(&'a Engine);

impl Engine {
    /// The operations on the logs.
    pub fn log(&self) -> Log<'_> {
        Log(self)
    }
}

impl Log<'_> {
    /// A page of a marketplace's actions.
    pub async fn actions(
        &self,
        m: &MarketplaceId,
        filter: &ActionFilter,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Listed<JobRecord>, ListError> {
        let listing = Listing::new("actions", &(m, filter));
        let reach = match filter.buyer {
            Some(buyer) => Reach::Buyer(buyer),
            None if filter.asks_exceptions() => Reach::Exceptions,
            None => Reach::Marketplace,
        };
        let event = |event: &EventRecord| filter.takes_event(event);
        let action = |action: &JobRecord| filter.takes(action);
        let takes = Takes { event: filter.asks_event().then_some(&event), action: &action };
        let span = span(&listing, wanted, filter.from, filter.to)?;
        Ok(listing.listed(self.0.store.actions_page(m, reach, &span, takes, now).await?))
    }

    /// A page of a marketplace's events.
    pub async fn events(
        &self,
        m: &MarketplaceId,
        filter: &EventFilter,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Listed<EventRecord>, ListError> {
        self.events_of("events", m, filter, wanted, now).await
    }

    /// A page of events for a listing with this name. The cursors of a listing are not valid for another.
    pub(crate) async fn events_of(
        &self,
        what: &str,
        m: &MarketplaceId,
        filter: &EventFilter,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Listed<EventRecord>, ListError> {
        let listing = Listing::new(what, &(m, filter));
        let span = span(&listing, wanted, filter.from, filter.to)?;
        let takes = |event: &EventRecord| filter.takes(event);
        Ok(listing.listed(self.0.store.events_page(m, filter.buyer, &span, &takes, now).await?))
    }

    /// A page of a marketplace's Configuration Log, including entries of deleted accounts and rules. Without a marketplace,
    /// a page of the log of changes that affect all marketplaces.
    pub async fn configuration(
        &self,
        m: Option<&MarketplaceId>,
        filter: &ConfigFilter,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Listed<ConfigEntry>, ListError> {
        let listing = Listing::new("configuration", &(m, filter));
        let span = span(&listing, wanted, filter.from, filter.to)?;
        Ok(listing.listed(self.0.store.config_log_page(m, &span, |entry| filter.takes(entry), now).await?))
    }

    /// An action by id.
    pub async fn action(
        &self,
        m: &MarketplaceId,
        id: &JobId,
        now: Timestamp,
    ) -> Result<Option<JobRecord>, StoreError> {
        self.0.store.job(m, id, now).await
    }

    /// An event by id.
    pub async fn event(
        &self,
        m: &MarketplaceId,
        id: &EventId,
        now: Timestamp,
    ) -> Result<Option<EventRecord>, StoreError> {
        self.0.store.event(m, id, now).await
    }

    /// An event by id, with its actions.
    pub async fn event_with_actions(
        &self,
        m: &MarketplaceId,
        id: &EventId,
        now: Timestamp,
    ) -> Result<(Option<EventRecord>, Vec<JobRecord>), StoreError> {
        self.0.store.event_with_jobs(m, id, now).await
    }

    /// The events of a time range, newest first, at most `limit`.
    pub async fn events_between(
        &self,
        m: &MarketplaceId,
        since: Timestamp,
        until: Timestamp,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<EventRecord>, StoreError> {
        self.0.store.events_between(m, since, until, limit, now).await
    }
}

/// The range of the log to read.
pub(crate) fn span<P: FromStr>(
    listing: &Listing,
    wanted: Wanted<'_>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<Span<P>, InvalidCursor> {
    Ok(Span { since, until, after: listing.after(wanted)?, limit: wanted.limit.max(1) })
}
