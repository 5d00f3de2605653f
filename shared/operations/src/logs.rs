//! Pagination of the logs: the Action Log, the events, a buyer's timeline, and the Configuration Log.
//!
//! The log, its owner and the time range are in the key of the query. Every other filter is applied to the items that
//! were read. A page reads a bounded number of items, so it can be short or empty and still have a cursor.

mod filter;

use std::str::FromStr;

use aws::store::{Entry, Reach, Span, Store, StoreError, Takes};
use domain::id::{BuyerKey, MarketplaceId};
use domain::log::{ConfigEntry, EventRecord, JobRecord};
use domain::page::{InvalidCursor, Listed, Listing, Wanted};
use jiff::Timestamp;

pub use self::filter::{ActionFilter, ConfigFilter, EventFilter};

/// The reason why a page cannot be returned.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The cursor is not valid, or belongs to another listing.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// DynamoDB did not respond.
    #[error("the log cannot be read")]
    Store(#[from] StoreError),
}

/// A page of a marketplace's actions.
pub async fn actions(
    store: &Store,
    m: &MarketplaceId,
    filter: &ActionFilter,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Listed<JobRecord>, ListError> {
    let listing = Listing::new("actions", &(m, filter));
    let reach = match (&filter.email, &filter.integration) {
        (Some(email), _) => Reach::Buyer(BuyerKey::of_email(email)),
        (None, Some(integration)) => Reach::Account(integration),
        (None, None) => Reach::Marketplace,
    };
    let event = |event: &EventRecord| filter.takes_event(event);
    let action = |action: &JobRecord| filter.takes(action);
    let takes = Takes { event: filter.asks_event().then_some(&event), action: &action };
    let span = span(&listing, wanted, filter.from, filter.to)?;
    Ok(listing.listed(store.actions_page(m, reach, &span, takes, now).await?))
}

/// A page of a marketplace's events.
pub async fn events(
    store: &Store,
    m: &MarketplaceId,
    filter: &EventFilter,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Listed<EventRecord>, ListError> {
    events_of("events", store, m, filter, wanted, now).await
}

/// A page of events for a listing with this name. The cursors of a listing are not valid for another.
pub(crate) async fn events_of(
    what: &str,
    store: &Store,
    m: &MarketplaceId,
    filter: &EventFilter,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Listed<EventRecord>, ListError> {
    let listing = Listing::new(what, &(m, filter));
    let buyer = filter.email.as_deref().map(BuyerKey::of_email);
    let span = span(&listing, wanted, filter.from, filter.to)?;
    let takes = |event: &EventRecord| filter.takes(event);
    Ok(listing.listed(store.events_page(m, buyer, &span, &takes, now).await?))
}

/// A page of the events and actions of a buyer.
pub async fn timeline(
    store: &Store,
    m: &MarketplaceId,
    email: &str,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Listed<Entry>, ListError> {
    let buyer = BuyerKey::of_email(email);
    let listing = Listing::new("timeline", &(m, buyer));
    let span = span(&listing, wanted, None, None)?;
    Ok(listing.listed(store.timeline_page(m, buyer, &span, now).await?))
}

/// A page of a marketplace's Configuration Log, including entries of deleted accounts and rules. Without a marketplace,
/// a page of the log of changes that affect all marketplaces.
pub async fn configuration(
    store: &Store,
    m: Option<&MarketplaceId>,
    filter: &ConfigFilter,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Listed<ConfigEntry>, ListError> {
    let listing = Listing::new("configuration", &(m, filter));
    let span = span(&listing, wanted, filter.from, filter.to)?;
    Ok(listing.listed(store.config_log_page(m, &span, |entry| filter.takes(entry), now).await?))
}

/// The range of the log to read.
fn span<P: FromStr>(
    listing: &Listing,
    wanted: Wanted<'_>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<Span<P>, InvalidCursor> {
    Ok(Span { since, until, after: listing.after(wanted)?, limit: wanted.limit.max(1) })
}
