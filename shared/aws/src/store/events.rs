//! Events: one item for each fact, written by all triggers that receive the fact.

mod record;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, S};
use domain::id::{BuyerKey, EventId, JobId, JobPart, MarketplaceId};
use domain::log::{EventRecord, JobRecord};
use domain::trigger::Trigger;
use domain::verdict::{RuleVerdict, Verdict};
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::keys::{self, SHARDS};
use super::{Index, Item, Store, StoreError, compact, read, text, unavailable};

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
        self.newest_events(try_join_all(shards).await?.into_iter().flatten().collect(), limit).await
    }

    /// The newest of the events with these entries of the index `listing`.
    pub(super) async fn newest_events(
        &self,
        mut entries: Vec<Item>,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        entries.sort_by_key(|entry| Reverse(text(entry, "listing_sk")));
        entries.truncate(limit);
        self.whole(&entries).await?.into_iter().map(read_event).collect()
    }

    /// The newest entries of one partition of the index `listing`.
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

/// The attribute with the fact.
const FACT: &str = "fact";
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

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A fact as it is stored, without what the event's key contains.
struct StoredFact {
    detail_type: String,
    fact_id: String,
    email: String,
    received_at: Timestamp,
    detail: String,
}

impl StoredFact {
    /// The text of the attribute [`FACT`]: a line for each field, the detail last. None of the other fields has a line
    /// break.
    fn text(detail_type: &str, fact_id: &str, email: &str, received_at: Timestamp, detail: &str) -> String {
        format!("{detail_type}\n{fact_id}\n{email}\n{received_at}\n{detail}")
    }

    /// Takes the fact out of an event's item.
    fn take(item: &mut Item) -> Result<Self, Cause> {
        if let Some(packed) = item.remove(FACT) {
            return Self::read(&read_packed(&packed)?);
        }
        // Events of before the compact encoding have an attribute for each field.
        let mut field =
            |name: &str| item.remove(name).and_then(|value| value.as_s().ok().cloned()).ok_or("no fact");
        Ok(Self {
            detail_type: field("detail_type")?,
            fact_id: field("fact_id")?,
            email: field("email")?,
            received_at: field("received_at")?.parse()?,
            detail: field("detail")?,
        })
    }

    fn read(text: &str) -> Result<Self, Cause> {
        let mut lines = text.splitn(5, '\n');
        let mut line = || lines.next().map(str::to_owned).ok_or("a line is missing");
        Ok(Self {
            detail_type: line()?,
            fact_id: line()?,
            email: line()?,
            received_at: line()?.parse()?,
            detail: line()?,
        })
    }
}

/// The verdicts as they are stored: JSON in which this character replaces the part that all job ids of an event share.
/// No JSON text contains it.
const SHARED: &str = "\u{1}";

/// The beginning of the ids of an event's jobs: an id encodes five bits in a character, and the event is its first 26
/// bytes.
fn beginning_of_jobs(event: EventId) -> String {
    const CHARACTERS: usize = "job_".len() + 26 * 8 / 5;
    let mut id = JobId { event, part: JobPart::of(&[]) }.to_string();
    id.truncate(CHARACTERS);
    id
}

fn verdicts_text(event: EventId, json: &str) -> String {
    json.replace(&beginning_of_jobs(event), SHARED)
}

pub(super) fn read_event(mut item: Item) -> Result<EventRecord, StoreError> {
    let (marketplace, id) = key_of_event(&item)?;
    let Decided { verdicts, unstored } = decided(id, &mut item)?;
    let timer = item.remove(TIMER).map(part).transpose();
    let timer = timer.map_err(|source| corrupt(&item, "a timer", source.into()))?;
    let fact = StoredFact::take(&mut item).map_err(|source| corrupt(&item, "a fact", source))?;
    Ok(EventRecord {
        id,
        marketplace,
        fact_id: fact.fact_id,
        detail_type: fact.detail_type,
        email: fact.email,
        occurred_at: id.at,
        received_at: fact.received_at,
        detail: fact.detail,
        verdicts,
        unstored,
        timer,
    })
}

/// The decisions of an event's triggers.
struct Decided {
    verdicts: BTreeMap<Trigger, Vec<RuleVerdict>>,
    unstored: BTreeMap<Trigger, usize>,
}

/// Takes the decisions out of an event's item.
fn decided(id: EventId, item: &mut Item) -> Result<Decided, StoreError> {
    let (mut verdicts, mut unstored) = (BTreeMap::new(), BTreeMap::new());
    for trigger in Trigger::ALL {
        if let Some(value) = item.remove(&verdicts_attribute(*trigger)) {
            let read = read_verdicts(id, value).map_err(|source| corrupt(item, "verdicts", source))?;
            verdicts.insert(*trigger, read);
        }
        if let Some(value) = item.remove(&unstored_attribute(*trigger)) {
            let read = part(value).map_err(|source| corrupt(item, "a number of verdicts", source.into()))?;
            unstored.insert(*trigger, read);
        }
    }
    Ok(Decided { verdicts, unstored })
}

/// The jobs of an event, as far as its item shows.
pub(super) struct NamedJobs {
    /// The jobs that the stored verdicts name.
    pub(super) jobs: Vec<JobId>,
    /// Whether there was room for all verdicts.
    pub(super) complete: bool,
}

/// The jobs that an event's verdicts name. The fact is not read.
pub(super) fn named_jobs(mut item: Item) -> Result<NamedJobs, StoreError> {
    let (_, id) = key_of_event(&item)?;
    let Decided { verdicts, unstored } = decided(id, &mut item)?;
    let verdicts = verdicts.into_values().flatten().map(|judged| judged.verdict);
    let jobs = verdicts.flat_map(|verdict| match verdict {
        Verdict::Fired { jobs } => jobs,
        Verdict::Disabled
        | Verdict::OtherProducts
        | Verdict::ConditionFailed { .. }
        | Verdict::Duplicate { .. }
        | Verdict::Superseded { .. }
        | Verdict::NotOffered { .. } => Vec::new(),
    });
    Ok(NamedJobs { jobs: jobs.collect(), complete: unstored.is_empty() })
}

fn key_of_event(item: &Item) -> Result<(MarketplaceId, EventId), StoreError> {
    let key = keys::read_event(&text(item, "pk"), &text(item, "sk"));
    key.map_err(|source| corrupt(item, "an event's key", source.into()))
}

fn corrupt(item: &Item, what: &'static str, source: Cause) -> StoreError {
    StoreError::Corrupt { pk: text(item, "pk"), sk: text(item, "sk"), what, source }
}

fn read_packed(value: &AttributeValue) -> Result<String, Cause> {
    Ok(compact::unpack(value.as_b().map_err(|_| "not binary")?)?)
}

fn read_verdicts(event: EventId, value: AttributeValue) -> Result<Vec<RuleVerdict>, Cause> {
    if value.is_l() {
        return Ok(part(value)?);
    }
    let text = read_packed(&value)?.replace(SHARED, &beginning_of_jobs(event));
    Ok(serde_json::from_str(&text)?)
}

fn part<T: DeserializeOwned>(value: AttributeValue) -> Result<T, serde_dynamo::Error> {
    serde_dynamo::from_attribute_value(value)
}
