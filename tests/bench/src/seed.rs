//! Fills the log quickly: the items of one purchase, many times, as other purchases.
use std::collections::HashMap;

use aws::store::{EventWrite, FactReceived, Store, Waiting};
use aws_sdk_dynamodb::types::AttributeValue::{self, L, M, S};
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use domain::id::{BuyerKey, EventId, FactKey, IntegrationId, JobId, JobPart, MarketplaceId, time_key};
use domain::log::{EventRecord, JobRecord};
use domain::verdict::{RuleVerdict, Verdict};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use stack::{Engine, now};

/// The maximum number of items in a DynamoDB batch.
const BATCH: usize = 25;
/// The number of simultaneous batches.
const AT_ONCE: usize = 4;

type Item = HashMap<String, AttributeValue>;

/// An event with its action, in the form of the table.
pub(crate) struct Pattern {
    id: JobId,
    marketplace: MarketplaceId,
    items: Vec<Item>,
}

/// The job of the purchase with this number, a second before that of the previous number.
fn id(number: usize, newest: Timestamp, engine: &Engine, m: &MarketplaceId) -> JobId {
    let text = number.to_string();
    let seconds = i64::try_from(number).unwrap_or_default();
    let at = newest.saturating_sub(SignedDuration::from_secs(seconds)).unwrap_or(newest);
    let buyer = BuyerKey::of_email(&engine.secret, m, &format!("buyer-{number}@example.com"));
    let event = EventId::new(at, buyer, FactKey::of(&["bench", &text]));
    JobId { event, part: JobPart::of(&[&text]) }
}

impl Pattern {
    /// Writes a purchase with the same result as that one, and reads its items from the table.
    pub(crate) async fn of(
        engine: &Engine,
        m: &MarketplaceId,
        account: &IntegrationId,
        event: &EventRecord,
        action: &JobRecord,
    ) -> Self {
        let id = id(0, now(), engine, m);
        let action = JobRecord {
            id,
            marketplace: m.clone(),
            integration: account.clone(),
            occurred_at: id.event.at,
            ..action.clone()
        };
        let seen = FactReceived {
            id: id.event,
            marketplace: m,
            fact_id: &event.fact_id,
            detail_type: &event.detail_type,
            email: &event.email,
            detail: &event.detail,
            now: now(),
        };
        let verdict = RuleVerdict {
            rule: action.rule.clone(),
            line: action.line.clone(),
            verdict: Verdict::Fired { jobs: vec![id] },
            left_out: Vec::new(),
        };
        let verdicts = EventWrite::Verdicts(action.trigger, std::slice::from_ref(&verdict));
        engine.store.record_event(&seen, verdicts).await.expect("an event is written");
        let written = engine.store.record_job(&action, "", Waiting::No, now()).await;
        written.expect("an action is written");
        let request = engine.table.scan().table_name(&engine.outputs.table);
        let request = request
            .filter_expression("begins_with(pk, :m)")
            .expression_attribute_values(":m", S(format!("{m}#")));
        let found = request.into_paginator().items().send().try_collect().await;
        let items: Vec<Item> = found.expect("what was written");
        assert_eq!(items.len(), 2, "an event with its action are two items");
        Self { id, marketplace: m.clone(), items }
    }

    /// Writes purchases of a marketplace with these numbers, two items each.
    pub(crate) async fn write(&self, engine: &Engine, m: &MarketplaceId, numbers: std::ops::Range<usize>) {
        self.write_all(engine, numbers.map(|number| (m.clone(), number))).await;
    }

    /// Writes purchases, each of a marketplace and with a number.
    pub(crate) async fn write_all(
        &self,
        engine: &Engine,
        purchases: impl Iterator<Item = (MarketplaceId, usize)>,
    ) {
        let items: Vec<Item> = purchases.flat_map(|(m, number)| self.other(engine, &m, number)).collect();
        let batches = items.chunks(BATCH).map(|batch| put(engine, batch.to_vec()));
        stream::iter(batches).buffer_unordered(AT_ONCE).collect::<()>().await;
    }

    /// The same items as another purchase of that marketplace.
    fn other(&self, engine: &Engine, m: &MarketplaceId, number: usize) -> Vec<Item> {
        let (old, new) = (self.id, id(number, self.id.event.at, engine, m));
        let words = [
            (old.to_string(), new.to_string()),
            (old.event.to_string(), new.event.to_string()),
            (time_key(old.event.at), time_key(new.event.at)),
            (old.event.at.to_string(), new.event.at.to_string()),
            (old.event.buyer.to_string(), new.event.buyer.to_string()),
            (old.event.fact.to_string(), new.event.fact.to_string()),
            (old.part.to_string(), new.part.to_string()),
            (self.marketplace.to_string(), m.to_string()),
        ];
        let shard = new.event.fact.shard(Store::due_shards().end);
        let other = |item: &Item| {
            let mut item: Item =
                item.iter().map(|(name, value)| (name.clone(), replaced(value, &words))).collect();
            if let Some(S(listing)) = item.get_mut("listing_pk")
                && let Some((of, _)) = listing.rsplit_once('#')
            {
                *listing = format!("{of}#{shard}");
            }
            item
        };
        self.items.iter().map(other).collect()
    }
}

/// A value in which every occurrence of each word is replaced.
fn replaced(value: &AttributeValue, words: &[(String, String)]) -> AttributeValue {
    match value {
        S(text) => S(words.iter().fold(text.clone(), |text, (old, new)| text.replace(old, new))),
        L(values) => L(values.iter().map(|value| replaced(value, words)).collect()),
        M(fields) => M(fields.iter().map(|(name, value)| (name.clone(), replaced(value, words))).collect()),
        other => other.clone(),
    }
}

async fn put(engine: &Engine, items: Vec<Item>) {
    let request = |item| {
        let put = PutRequest::builder().set_item(Some(item)).build().expect("an item");
        WriteRequest::builder().put_request(put).build()
    };
    let mut left: Vec<_> = items.into_iter().map(request).collect();
    while !left.is_empty() {
        let batch = engine.table.batch_write_item().request_items(&engine.outputs.table, left);
        let answer = batch.send().await.expect("BatchWriteItem");
        left = answer.unprocessed_items.unwrap_or_default().remove(&engine.outputs.table).unwrap_or_default();
    }
}
