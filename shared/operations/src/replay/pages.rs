//! Replaying many events, by pages: each looks at a bounded number of them, and its cursor goes on.

use aws::store::Store;
use domain::id::MarketplaceId;
use domain::log::EventRecord;
use domain::page::Wanted;
use jiff::Timestamp;

use super::{Replay, ReplayRequest};
use crate::logs::{self, EventFilter, ListError};

/// What a replay of one page of events comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The jobs to send, and those that are left alone.
    pub replay: Replay,
    /// How many events were looked at.
    pub looked_at: usize,
    /// Where the next page begins; `None`: this is the last.
    pub next_cursor: Option<String>,
}

/// Finds what a replay of a page of events would send, newest page first; within it, the oldest event comes first.
/// Nothing is sent.
pub async fn prepare(
    store: &Store,
    m: &MarketplaceId,
    filter: &EventFilter,
    request: &ReplayRequest,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Prepared, ListError> {
    let events = logs::events_of("replays", store, m, filter, wanted, now).await?;
    // As they happened.
    let ids: Vec<_> = events.items.iter().rev().map(|event: &EventRecord| event.id).collect();
    let replay = super::prepare(store, m, &ids, request, now).await?;
    Ok(Prepared { replay, looked_at: ids.len(), next_cursor: events.next_cursor })
}
