//! The logs by pages: the Action Log, the events, one buyer's timeline, and the Configuration Log.
//!
//! What is listed, of whom and when, is in the key of the query. Every other filter looks at what was read, and a page
//! reads a bounded number of items: so a page can show little, or nothing, and still have a cursor.

mod filter;

use std::fmt::Display;
use std::str::FromStr;

use aws::store::{Entry, Reach, Span, Store, StoreError, Takes};
use domain::id::{BuyerKey, IntegrationId, MarketplaceId};
use domain::log::{ConfigEntry, EventRecord, JobRecord};
use domain::page::{self, ConfigPlace, InvalidCursor, Page, Place};
use jiff::Timestamp;
use serde::Serialize;

pub use self::filter::{ActionFilter, EventFilter};

/// One page of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// Newest first.
    pub items: Vec<T>,
    /// Where the next page begins; `None`: this is the last.
    pub next_cursor: Option<String>,
}

/// Which page of a listing is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The cursor of the page before.
    pub cursor: Option<&'a str>,
    /// At most so many items.
    pub limit: usize,
}

/// A page that cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The cursor is another listing's, or none.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// The table did not answer.
    #[error("the log cannot be read")]
    Store(#[from] StoreError),
}

/// One page of a marketplace's actions.
pub async fn actions(
    store: &Store,
    m: &MarketplaceId,
    filter: &ActionFilter,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Listed<JobRecord>, ListError> {
    let name = Name::of("actions", m, filter);
    let reach = match (&filter.email, &filter.integration) {
        (Some(email), _) => Reach::Buyer(BuyerKey::of_email(email)),
        (None, Some(integration)) => Reach::Account(integration),
        (None, None) => Reach::Marketplace,
    };
    let event = |event: &EventRecord| filter.takes_event(event);
    let action = |action: &JobRecord| filter.takes(action);
    let takes = Takes { event: filter.asks_event().then_some(&event), action: &action };
    let span = name.span(wanted, filter.from, filter.to)?;
    Ok(name.listed(store.actions_page(m, reach, &span, takes, now).await?))
}

/// One page of a marketplace's events.
pub async fn events(
    store: &Store,
    m: &MarketplaceId,
    filter: &EventFilter,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Listed<EventRecord>, ListError> {
    named_events(&Name::of("events", m, filter), store, m, filter, wanted, now).await
}

pub(crate) async fn named_events(
    name: &Name,
    store: &Store,
    m: &MarketplaceId,
    filter: &EventFilter,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Listed<EventRecord>, ListError> {
    let buyer = filter.email.as_deref().map(BuyerKey::of_email);
    let span = name.span(wanted, filter.from, filter.to)?;
    let takes = |event: &EventRecord| filter.takes(event);
    Ok(name.listed(store.events_page(m, buyer, &span, &takes, now).await?))
}

/// One page of everything that happened to one buyer.
pub async fn timeline(
    store: &Store,
    m: &MarketplaceId,
    email: &str,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Listed<Entry>, ListError> {
    let buyer = BuyerKey::of_email(email);
    let name = Name::of("timeline", m, &buyer);
    let span = name.span(wanted, None, None)?;
    Ok(name.listed(store.timeline_page(m, buyer, &span, now).await?))
}

/// One page of what happened to a connected account.
pub async fn configuration(
    store: &Store,
    m: &MarketplaceId,
    integration: &IntegrationId,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Listed<ConfigEntry>, ListError> {
    let name = Name::of("configuration", m, integration);
    let after: Option<ConfigPlace> = name.read(wanted)?;
    Ok(name.listed(store.config_log_page(m, integration, after.as_ref(), wanted.limit, now).await?))
}

/// What a listing is, for its cursors: they are good for the same filters of the same marketplace.
pub(crate) struct Name {
    what: &'static str,
    marketplace: String,
    filter: String,
}

impl Name {
    pub(crate) fn of(what: &'static str, m: &MarketplaceId, filter: &impl Serialize) -> Self {
        let filter = serde_json::to_string(filter).unwrap_or_default();
        Self { what, marketplace: m.to_string(), filter }
    }

    fn parts(&self) -> [&str; 3] {
        [self.what, &self.marketplace, &self.filter]
    }

    fn read<P: FromStr>(&self, wanted: Wanted<'_>) -> Result<Option<P>, InvalidCursor> {
        wanted.cursor.map(|cursor| page::read_cursor(&self.parts(), cursor)).transpose()
    }

    fn span(
        &self,
        wanted: Wanted<'_>,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Span, InvalidCursor> {
        let after: Option<Place> = self.read(wanted)?;
        Ok(Span { since, until, after, limit: wanted.limit.max(1) })
    }

    fn cursor(&self, next: Option<&impl Display>) -> Option<String> {
        next.map(|next| page::cursor(&self.parts(), next))
    }

    fn listed<T, P: Display>(&self, page: Page<T, P>) -> Listed<T> {
        Listed { next_cursor: self.cursor(page.next.as_ref()), items: page.items }
    }
}
