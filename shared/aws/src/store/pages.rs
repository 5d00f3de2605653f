//! Pages of events and jobs, newest first. The number of items that a page reads is bounded, whatever the filter
//! matches.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::id::{BuyerKey, MarketplaceId, time_key};
use domain::log::{EventRecord, JobRecord};
use domain::page::{Page, Position};
use futures::future::try_join_all;
use jiff::Timestamp;

use super::events::read_event;
use super::keys::{self, END_OF_TIME, SHARDS, START_OF_TIME};
use super::merge::{Merge, Rows, Wanted};
use super::{Index, Item, Store, StoreError, is_expired, read, unavailable};

/// The most items that a page reads. Items that the filter excludes count too.
pub(super) const MOST_READ: usize = 400;
/// The number of items that are read at once, of those that the index `listing` has the keys of.
const AT_ONCE: usize = 25;

/// The range of a listing that a page covers. The times of events and actions are the times of their facts.
#[derive(Debug, Clone, Copy)]
pub struct Span<P = Position> {
    /// From this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// After the position where the previous page ended.
    pub after: Option<P>,
    /// The most items.
    pub limit: usize,
}

/// One entry of a buyer's timeline.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// An event of the buyer.
    Event(Box<EventRecord>),
    /// An action because of an event.
    Action(Box<JobRecord>),
}

/// Where a listing's items are stored.
pub(super) enum Partitions {
    /// In the index `listing`, spread over shards.
    Listing(Vec<String>),
    /// In the table: the events and jobs of one buyer.
    Buyer(String),
}

impl Partitions {
    /// The exceptional actions of a marketplace.
    pub(super) fn exceptions(m: &MarketplaceId) -> Self {
        Self::Listing((0..SHARDS).map(|shard| keys::exceptions_listing(m, shard)).collect())
    }
}

/// A listing that is being read.
pub(super) struct Listing<'a> {
    store: &'a Store,
    index: bool,
    partitions: Vec<String>,
    since: String,
    until: String,
    merge: Merge<Item, Item>,
}

impl Store {
    /// One page of a marketplace's events, or of one buyer's, that match `wanted`.
    pub async fn events_page(
        &self,
        m: &MarketplaceId,
        buyer: Option<BuyerKey>,
        span: &Span,
        wanted: &(dyn Fn(&EventRecord) -> bool + Send + Sync),
        now: Timestamp,
    ) -> Result<Page<EventRecord>, StoreError> {
        let listing = self.events_listing(m, buyer, span);
        let take = |place: Position, item| {
            let event = if place.part.is_none() { Some(read_event(item)?) } else { None };
            Ok(event.filter(wanted))
        };
        listing.page(span, now, take).await
    }

    /// One page of all events and actions of one buyer.
    pub async fn timeline_page(
        &self,
        m: &MarketplaceId,
        buyer: BuyerKey,
        span: &Span,
        now: Timestamp,
    ) -> Result<Page<Entry>, StoreError> {
        let listing = self.listing(Partitions::Buyer(keys::buyer(m, buyer)), span);
        let take = |place: Position, item| {
            Ok(Some(match place.part {
                None => Entry::Event(Box::new(read_event(item)?)),
                Some(_) => Entry::Action(Box::new(read(item, "a job")?)),
            }))
        };
        listing.page(span, now, take).await
    }

    /// The events of a marketplace or of one buyer. A buyer's events have their jobs between them.
    pub(super) fn events_listing(
        &self,
        m: &MarketplaceId,
        buyer: Option<BuyerKey>,
        span: &Span,
    ) -> Listing<'_> {
        let partitions = if let Some(buyer) = buyer {
            Partitions::Buyer(keys::buyer(m, buyer))
        } else {
            Partitions::Listing((0..SHARDS).map(|shard| keys::events_listing(m, shard)).collect())
        };
        self.listing(partitions, span)
    }

    pub(super) fn listing(&self, partitions: Partitions, span: &Span) -> Listing<'_> {
        let (index, partitions) = match partitions {
            Partitions::Listing(partitions) => (true, partitions),
            Partitions::Buyer(partition) => (false, vec![partition]),
        };
        // A sort key continues after its time, so a key with exactly that time sorts after the bound. The row at the
        // position itself is read again, with all rows that share its key, and the merge leaves it out.
        let until = span.until.map_or(END_OF_TIME.to_owned(), time_key);
        let after = span.after.map_or(END_OF_TIME.to_owned(), |after| keys::sort_key(&after));
        Listing {
            store: self,
            index,
            merge: Merge::new(partitions.len(), span.after, span.limit, MOST_READ.max(2 * span.limit)),
            partitions,
            since: span.since.map_or(START_OF_TIME.to_owned(), time_key),
            until: until.min(after),
        }
    }
}

impl Listing<'_> {
    /// The next item; `None` if there are no more, or if no more may be read now.
    pub(super) async fn next(&mut self) -> Result<Option<(Position, Item)>, StoreError> {
        // The table does not accept an empty range.
        if self.since >= self.until {
            return Ok(None);
        }
        loop {
            if let Some(row) = self.merge.pop() {
                return Ok(Some(row));
            }
            let wanted = self.merge.wanted();
            if wanted.is_empty() {
                return Ok(None);
            }
            for (shard, rows) in try_join_all(wanted.into_iter().map(|wanted| self.read(wanted))).await? {
                self.merge.add(shard, rows);
            }
        }
    }

    /// Whether no items follow the returned ones.
    pub(super) fn is_over(&self) -> bool {
        self.since >= self.until || self.merge.is_over()
    }

    async fn read(&self, wanted: Wanted<Item>) -> Result<(usize, Rows<Item, Item>), StoreError> {
        let partition = self.partitions[wanted.shard].clone();
        let request = if self.index {
            let query = self.store.query_index(Index::Listing, partition);
            query.key_condition_expression("listing_pk = :pk AND listing_sk BETWEEN :since AND :until")
        } else {
            self.store.query(partition).key_condition_expression("pk = :pk AND sk BETWEEN :since AND :until")
        };
        let request = request
            .expression_attribute_values(":since", S(self.since.clone()))
            .expression_attribute_values(":until", S(self.until.clone()))
            .scan_index_forward(false)
            .limit(i32::try_from(wanted.limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(wanted.from);
        let answer = request.send().await.map_err(unavailable("Query of a page"))?;
        let with_place = |item: Item| Ok::<_, StoreError>((keys::place_of(&item)?, item));
        let rows = answer.items.unwrap_or_default().into_iter().map(with_place).collect::<Result<_, _>>()?;
        Ok((wanted.shard, Rows { rows, next: answer.last_evaluated_key }))
    }

    /// The next items, at most `count`, as the table has them; an item that was deleted in the meantime is left out.
    /// Fewer if there are no more, or if no more may be read now.
    pub(super) async fn next_whole(
        &mut self,
        count: usize,
    ) -> Result<Vec<(Position, Option<Item>)>, StoreError> {
        let mut rows = Vec::new();
        while rows.len() < count
            && let Some(row) = self.next().await?
        {
            rows.push(row);
        }
        if !self.index {
            return Ok(rows.into_iter().map(|(place, item)| (place, Some(item))).collect());
        }
        let (places, entries): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let mut found = BTreeMap::new();
        for item in self.store.whole(&entries).await? {
            found.insert(keys::place_of(&item)?, item);
        }
        Ok(places.into_iter().map(|place| (place, found.remove(&place))).collect())
    }

    /// One page of the results of `take` for items that have not expired.
    pub(super) async fn page<T>(
        mut self,
        span: &Span,
        now: Timestamp,
        take: impl Fn(Position, Item) -> Result<Option<T>, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let (mut items, mut seen) = (Vec::new(), span.after);
        loop {
            let count = AT_ONCE.max(span.limit - items.len());
            let found = self.next_whole(count).await?;
            let (has_more, mut found) = (found.len() == count, found.into_iter());
            while items.len() < span.limit
                && let Some((place, item)) = found.next()
            {
                seen = Some(place);
                if let Some(item) = item.filter(|item| !is_expired(item, now)) {
                    items.extend(take(place, item)?);
                }
            }
            if items.len() == span.limit || !has_more {
                let is_over = found.len() == 0 && self.is_over();
                return Ok(Page { items, next: if is_over { None } else { seen } });
            }
        }
    }
}
