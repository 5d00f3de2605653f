//! Events: one item for each fact, written by all triggers that receive the fact.

mod record;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use domain::id::{BuyerKey, EventId, MarketplaceId};
use domain::log::{EventRecord, JobRecord};
use domain::trigger::Trigger;
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::keys::{self, SHARDS};
use super::{Index, Item, Store, StoreError, read, text, unavailable};

pub use record::{EventWrite, FactReceived, Recorded};

/// The stored state of a fact, for one trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The fact is not stored yet.
    Unknown,
    /// The fact is stored, and this trigger has stored no verdicts yet.
    Stored {
        /// When the engine first stored the fact.
        received_at: Timestamp,
        /// The time whose rules decide which actions the event starts; see [`domain::log::judged_at`].
        judged_at: Timestamp,
    },
    /// This trigger has stored its verdicts: the fact is a duplicate.
    Decided,
}

impl Store {
    /// The stored state of a fact before a trigger plans it.
    pub async fn known(
        &self,
        m: &MarketplaceId,
        id: &EventId,
        trigger: Trigger,
        now: Timestamp,
    ) -> Result<Known, StoreError> {
        let Some(item) = self.get(keys::event(m, id), now).await? else { return Ok(Known::Unknown) };
        if item.contains_key(&verdicts_attribute(trigger)) {
            return Ok(Known::Decided);
        }
        let event = read_event(item)?;
        Ok(Known::Stored { received_at: event.received_at, judged_at: event.judged_at() })
    }

    /// An event by id.
    pub async fn event(
        &self,
        m: &MarketplaceId,
        id: &EventId,
        now: Timestamp,
    ) -> Result<Option<EventRecord>, StoreError> {
        self.get(keys::event(m, id), now).await?.map(read_event).transpose()
    }

    /// An event and its jobs that have run, in one request.
    pub async fn event_with_jobs(
        &self,
        m: &MarketplaceId,
        id: &EventId,
        now: Timestamp,
    ) -> Result<(Option<EventRecord>, Vec<JobRecord>), StoreError> {
        let key = keys::event(m, id);
        let query = self.query_prefix(key.pk, &key.sk);
        let (events, jobs) = split(self.all(query, now).await?)?;
        Ok((events.into_iter().next(), jobs))
    }

    /// All events and jobs of one buyer since a time, newest first.
    pub async fn buyer_timeline(
        &self,
        m: &MarketplaceId,
        buyer: BuyerKey,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(Vec<EventRecord>, Vec<JobRecord>), StoreError> {
        let query = self
            .query(keys::buyer(m, buyer))
            .key_condition_expression("pk = :pk AND sk >= :since")
            .expression_attribute_values(":since", S(domain::id::time_key(since)))
            .scan_index_forward(false);
        split(self.all(query, now).await?)
    }

    /// A marketplace's newest events.
    pub async fn events(
        &self,
        m: &MarketplaceId,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let shards = (0..SHARDS).map(|shard| self.newest(keys::events_listing(m, shard), limit, now));
        let mut events: Vec<_> =
            try_join_all(shards).await?.into_iter().flatten().map(read_event).collect::<Result<_, _>>()?;
        events.sort_by_key(|event| Reverse(event.id));
        events.truncate(limit);
        Ok(events)
    }

    /// The newest items of one partition of the index `listing`.
    pub(super) async fn newest(
        &self,
        pk: String,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Item>, StoreError> {
        let page = i32::try_from(limit).unwrap_or(i32::MAX);
        let request = self.query_index(Index::Listing, pk).scan_index_forward(false).limit(page);
        let answer = request.send().await.map_err(unavailable("Query"))?;
        let mut items = answer.items.unwrap_or_default();
        items.retain(|item| !super::is_expired(item, now));
        Ok(items)
    }
}

/// The prefix of the attributes with the triggers' verdicts.
const VERDICTS: &str = "verdicts_";
/// The prefix of the attributes with the numbers of verdicts that were not stored for lack of space.
const UNSTORED: &str = "unstored_";
/// The attribute with the prospect's timer.
const TIMER: &str = "timer";

/// Each trigger writes its own attribute, so that triggers of one fact do not overwrite each other.
fn verdicts_attribute(trigger: Trigger) -> String {
    format!("{VERDICTS}{trigger}")
}

/// The attribute with the number of a trigger's verdicts that were not stored for lack of space.
fn unstored_attribute(trigger: Trigger) -> String {
    format!("{UNSTORED}{trigger}")
}

/// Separates events from jobs: a job's sort key has one more part.
fn split(items: Vec<Item>) -> Result<(Vec<EventRecord>, Vec<JobRecord>), StoreError> {
    let (mut events, mut jobs) = (Vec::new(), Vec::new());
    for item in items {
        match text(&item, "sk").split('#').count() {
            2 => events.push(read_event(item)?),
            _ => jobs.push(read(item, "a job")?),
        }
    }
    Ok((events, jobs))
}

pub(super) fn read_event(mut item: Item) -> Result<EventRecord, StoreError> {
    let (pk, sk) = (text(&item, "pk"), text(&item, "sk"));
    let corrupt = |what, source: serde_dynamo::Error| StoreError::Corrupt {
        pk: pk.clone(),
        sk: sk.clone(),
        what,
        source: source.into(),
    };
    let (mut verdicts, mut unstored) = (BTreeMap::new(), BTreeMap::new());
    for trigger in Trigger::ALL {
        if let Some(value) = item.remove(&verdicts_attribute(*trigger)) {
            verdicts.insert(*trigger, part(value).map_err(|e| corrupt("verdicts", e))?);
        }
        if let Some(value) = item.remove(&unstored_attribute(*trigger)) {
            unstored.insert(*trigger, part(value).map_err(|e| corrupt("a number of verdicts", e))?);
        }
    }
    let timer = item.remove(TIMER).map(part).transpose().map_err(|e| corrupt("a timer", e))?;
    let mut field = |name: &str| item.remove(name).unwrap_or(N(String::new()));
    let (marketplace, id) = keys::read_event(&pk, &sk).map_err(|source| StoreError::Corrupt {
        pk: pk.clone(),
        sk: sk.clone(),
        what: "an event's key",
        source: source.into(),
    })?;
    Ok(EventRecord {
        id,
        marketplace,
        fact_id: part(field("fact_id")).map_err(|e| corrupt("an event's fact id", e))?,
        detail_type: part(field("detail_type")).map_err(|e| corrupt("an event's detail type", e))?,
        email: part(field("email")).map_err(|e| corrupt("an event's address", e))?,
        occurred_at: id.at,
        received_at: part(field("received_at")).map_err(|e| corrupt("an event's time", e))?,
        detail: part(field("detail")).map_err(|e| corrupt("an event's detail", e))?,
        verdicts,
        unstored,
        timer,
    })
}

fn part<T: DeserializeOwned>(value: AttributeValue) -> Result<T, serde_dynamo::Error> {
    serde_dynamo::from_attribute_value(value)
}
