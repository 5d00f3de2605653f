//! Replays of many events, in pages: each request reads a bounded number of events and returns a cursor.

use domain::digest::DigestSecret;
use domain::id::MarketplaceId;
use domain::log::EventRecord;
use domain::page::Wanted;
use jiff::Timestamp;

use super::{Replay, ReplayRequest, Replays};
use crate::listing::ListError;
use crate::log::EventFilter;

/// A prepared replay of one page of events.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The jobs to send, and those that are skipped.
    pub replay: Replay,
    /// The number of events that were read.
    pub looked_at: usize,
    /// The cursor of the next page. `None`: this is the last page.
    pub next_cursor: Option<String>,
}

impl Replays<'_> {
    /// Prepares a replay of a page of events. The newest page comes first; within a page, the oldest event comes first.
    /// Nothing is sent.
    pub async fn prepare_page(
        &self,
        secret: &DigestSecret,
        m: &MarketplaceId,
        filter: &EventFilter,
        request: &ReplayRequest,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Prepared, ListError> {
        let events = self.0.log().events_of("replays", m, filter, wanted, now).await?;
        // In the order in which the facts occurred.
        let ids: Vec<_> = events.items.iter().rev().map(|event: &EventRecord| event.id).collect();
        let replay = self.prepare(secret, m, &ids, request, now).await?;
        Ok(Prepared { replay, looked_at: ids.len(), next_cursor: events.next_cursor })
    }
}
