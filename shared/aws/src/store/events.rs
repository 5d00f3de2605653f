//! Events: one item for a fact, written together by the triggers that it wakes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, L, N, S};
use domain::id::{BuyerKey, EventId, MarketplaceId};
use domain::log::{EventRecord, JobRecord, Timer};
use domain::trigger::Trigger;
use domain::verdict::RuleVerdict;
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::keys::{self, SHARDS};
use super::{Item, Store, StoreError, read, room, text, unavailable};

/// A fact as it came in: what the event item holds before any trigger has decided.
#[derive(Debug, Clone)]
pub struct Sighting<'a> {
    /// The event's id.
    pub id: EventId,
    /// Whose event it is.
    pub marketplace: &'a MarketplaceId,
    /// The producer's id of the fact.
    pub fact_id: &'a str,
    /// The fact's name on the bus.
    pub detail_type: &'a str,
    /// The buyer's address.
    pub email: &'a str,
    /// The fact's detail as it was published.
    pub detail: &'a str,
    /// When the engine sees it.
    pub now: Timestamp,
}

/// What is added to an event.
#[derive(Debug, Clone)]
pub enum Decision<'a> {
    /// Nothing: the fact alone.
    Seen,
    /// A trigger's verdict on every rule that it read.
    Verdicts(Trigger, &'a [RuleVerdict]),
    /// Where the prospect's timer stands.
    Timer(&'a Timer),
}

/// What the table knows of a fact, as one trigger asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing yet.
    Unknown,
    /// The fact is stored, and this trigger has not decided.
    Stored {
        /// When the engine first received it.
        received_at: Timestamp,
    },
    /// This trigger has decided already: the fact is a repetition.
    Decided,
}

impl Store {
    /// What is known of a fact before a trigger plans it.
    pub async fn known(
        &self,
        m: &MarketplaceId,
        id: &EventId,
        trigger: Trigger,
        now: Timestamp,
    ) -> Result<Known, StoreError> {
        Ok(match self.get(keys::event(m, id), now).await? {
            None => Known::Unknown,
            Some(item) if item.contains_key(&verdicts_attribute(trigger)) => Known::Decided,
            Some(item) => Known::Stored { received_at: read_event(item)?.received_at },
        })
    }

    /// Adds to an event, and stores the fact with it where no trigger has yet.
    pub async fn record_event(&self, seen: &Sighting<'_>, decision: Decision<'_>) -> Result<(), StoreError> {
        let key = keys::event(seen.marketplace, &seen.id);
        let listing = keys::events_listing(seen.marketplace, seen.id.fact.shard(SHARDS));
        let mut set = vec![
            "fact_id = if_not_exists(fact_id, :fact_id)",
            "detail_type = if_not_exists(detail_type, :detail_type)",
            "email = if_not_exists(email, :email)",
            "detail = if_not_exists(detail, :detail)",
            "received_at = if_not_exists(received_at, :now)",
            "gsi1pk = :listing",
            "gsi1sk = :sk",
            "#ttl = if_not_exists(#ttl, :ttl)",
        ];
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":fact_id", S(seen.fact_id.to_owned()))
            .expression_attribute_values(":detail_type", S(seen.detail_type.to_owned()))
            .expression_attribute_values(":email", S(seen.email.to_owned()))
            .expression_attribute_values(":detail", S(seen.detail.to_owned()))
            .expression_attribute_values(":now", S(seen.now.to_string()))
            .expression_attribute_values(":listing", S(listing))
            .expression_attribute_values(":sk", S(key.sk.clone()))
            .expression_attribute_values(":ttl", self.expires(seen.now));
        match decision {
            Decision::Seen => {}
            Decision::Verdicts(trigger, verdicts) => {
                let (stored, unstored) =
                    room::fitting(verdicts, room::room(seen.detail)).map_err(unwritable(&key))?;
                set.push("#decision = :decision");
                request = request
                    .expression_attribute_names("#decision", verdicts_attribute(trigger))
                    .expression_attribute_values(":decision", L(stored));
                if unstored > 0 {
                    set.push("#unstored = :unstored");
                    request = request
                        .expression_attribute_names("#unstored", unstored_attribute(trigger))
                        .expression_attribute_values(":unstored", N(unstored.to_string()));
                }
            }
            Decision::Timer(timer) => {
                set.push("#decision = :decision");
                request =
                    request.expression_attribute_names("#decision", "timer").expression_attribute_values(
                        ":decision",
                        serde_dynamo::to_attribute_value(timer).map_err(unwritable(&key))?,
                    );
            }
        }
        request
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            .update_expression(format!("SET {}", set.join(", ")))
            .send()
            .await
            .map(drop)
            .map_err(unavailable("UpdateItem of an event"))
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

    /// An event and the jobs that have run for it, in one request.
    pub async fn event_with_jobs(
        &self,
        m: &MarketplaceId,
        id: &EventId,
        now: Timestamp,
    ) -> Result<(Option<EventRecord>, Vec<JobRecord>), StoreError> {
        let key = keys::event(m, id);
        let query = self
            .query(key.pk)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":sk", S(key.sk));
        let (events, jobs) = split(self.all(query, now).await?)?;
        Ok((events.into_iter().next(), jobs))
    }

    /// Everything that happened to one buyer since a time, newest first: events and jobs.
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
        let request = self.query_index("listing", pk).scan_index_forward(false).limit(page);
        let answer = request.send().await.map_err(unavailable("Query"))?;
        let mut items = answer.items.unwrap_or_default();
        items.retain(|item| !super::is_expired(item, now));
        Ok(items)
    }
}

/// Each trigger writes its own attribute, so that triggers woken by one fact do not overwrite each other.
fn verdicts_attribute(trigger: Trigger) -> String {
    format!("verdicts_{trigger}")
}

/// How many of a trigger's verdicts the event had no room for.
fn unstored_attribute(trigger: Trigger) -> String {
    format!("unstored_{trigger}")
}

fn unwritable(key: &keys::Key) -> impl FnOnce(serde_dynamo::Error) -> StoreError {
    let (pk, sk) = (key.pk.clone(), key.sk.clone());
    |source| StoreError::Corrupt { pk, sk, what: "a decision to write", source: source.into() }
}

/// Tells events from jobs: a job's sort key has one part more.
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
    let timer = item.remove("timer").map(part).transpose().map_err(|e| corrupt("a timer", e))?;
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
