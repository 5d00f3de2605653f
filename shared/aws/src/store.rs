//! The engine's one DynamoDB table.

mod actions;
mod authorizations;
mod compact;
mod config_log;
mod direct_calls;
mod disconnected;
mod erasures;
mod events;
mod failed;
mod fleet;
mod health;
mod idempotency;
mod integrations;
mod item_size;
mod jobs;
mod key_range;
mod keys;
mod ledger;
mod merge;
mod named;
mod options;
mod pages;
mod pauses;
mod products;
mod recent;
mod release;
mod requests;
mod rules;
mod sessions;
mod timeline;
mod tokens;
mod transaction;
mod trials;
mod waiting;
mod whole;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use domain::author::Author;
use domain::time;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

pub use actions::{Reach, Takes};
pub use direct_calls::{Permit, Permitted, SLOTS};
pub use disconnected::Disconnected;
pub use events::{EventWrite, FactReceived, Known, Recorded};
pub use fleet::{BoundedCount, Standing};
pub use health::Streak;
pub use idempotency::{Attempt, StoredResponse};
pub use integrations::{Refusal, SaveError, SideWrites};
pub use item_size::MOST_TRIGGERS;
pub use jobs::Waiting;
pub use keys::Index;
pub use ledger::Claimed;
pub use named::{Ids, Named};
pub use pages::{Entry, Span};
pub use products::SavedProduct;
pub use recent::Recent;
pub use requests::{Release, Resume, SweepRequest};
pub use rules::{Expected, RuleFilter, SaveRuleError, ScopeFilter, StoredRule};
pub use sessions::Use;
pub use tokens::{Replacing, Swapped};
pub use trials::TrialBegun;
pub use waiting::{Found, Parked};

use keys::Key;

type Item = HashMap<String, AttributeValue>;

/// The errors of the table.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The call failed temporarily: retry.
    #[error("the table did not answer `{operation}`")]
    Unavailable {
        /// The operation that was called.
        operation: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An item cannot be read as the expected type. This is a defect, and a retry does not help.
    #[error("the item {pk} / {sk} cannot be read as {what}")]
    Corrupt {
        /// The item's partition key.
        pk: String,
        /// The item's sort key.
        sk: String,
        /// The expected type.
        what: &'static str,
        /// Why the item cannot be read.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The table.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    table: String,
    ttl: SignedDuration,
    author: Author,
}

impl Store {
    /// `ttl`: how long items of the log are kept.
    pub fn new(config: &aws_config::SdkConfig, table: impl Into<String>, ttl: SignedDuration) -> Self {
        Self { client: Client::new(config), table: table.into(), ttl, author: Author::default() }
    }

    /// The same table, with this author of changes in the Configuration Log.
    #[must_use]
    pub fn by(&self, author: Author) -> Self {
        Self { author, ..self.clone() }
    }

    /// The author of changes.
    pub fn author(&self) -> &Author {
        &self.author
    }

    /// One cheap read, so that the connection is open before the first event needs it.
    pub async fn warm(&self) -> Result<(), StoreError> {
        let key = Key { pk: "WARM".to_owned(), sk: "WARM".to_owned() };
        self.get(key, Timestamp::UNIX_EPOCH).await.map(drop)
    }

    fn expires(&self, now: Timestamp) -> AttributeValue {
        let at = time::after(now, self.ttl);
        N(at.as_second().to_string())
    }

    /// An item, read with eventual consistency, at half the price.
    async fn get(&self, key: Key, now: Timestamp) -> Result<Option<Item>, StoreError> {
        self.get_as(key, false, now).await
    }

    /// An item, read with strong consistency.
    async fn get_latest(&self, key: Key, now: Timestamp) -> Result<Option<Item>, StoreError> {
        self.get_as(key, true, now).await
    }

    async fn get_as(&self, key: Key, latest: bool, now: Timestamp) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(latest);
        let request = request.key("pk", S(key.pk)).key("sk", S(key.sk));
        let answer = request.send().await.map_err(unavailable("GetItem"))?;
        Ok(answer.item.filter(|item| !is_expired(item, now)))
    }

    fn query(&self, pk: String) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", S(pk))
    }

    /// The deletion of an item.
    fn delete_item(&self, key: Key) -> DeleteItemFluentBuilder {
        let request = self.client.delete_item().table_name(&self.table);
        request.key("pk", S(key.pk)).key("sk", S(key.sk))
    }

    /// The items of a partition whose sort key begins with a prefix.
    fn query_prefix(&self, pk: String, prefix: &str) -> QueryFluentBuilder {
        self.query(pk)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", S(prefix.to_owned()))
    }

    fn query_index(&self, index: Index, pk: String) -> QueryFluentBuilder {
        let [partition, _] = index.keys();
        self.client
            .query()
            .table_name(&self.table)
            .index_name(index.name())
            .key_condition_expression(format!("{partition} = :pk"))
            .expression_attribute_values(":pk", S(pk))
    }

    /// Every item of a query, page by page.
    async fn all(&self, query: QueryFluentBuilder, now: Timestamp) -> Result<Vec<Item>, StoreError> {
        let mut pages = query.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            found.push(item.map_err(unavailable("Query"))?);
        }
        found.retain(|item| !is_expired(item, now));
        Ok(found)
    }
}

/// TTL deletes late: until then an expired item is treated as deleted.
fn is_expired(item: &Item, now: Timestamp) -> bool {
    let ttl = item.get("ttl").and_then(|ttl| ttl.as_n().ok()).and_then(|ttl| ttl.parse::<i64>().ok());
    ttl.is_some_and(|ttl| ttl <= now.as_second())
}

fn read<T: DeserializeOwned>(item: Item, what: &'static str) -> Result<T, StoreError> {
    let (pk, sk) = (text(&item, "pk"), text(&item, "sk"));
    serde_dynamo::from_item(item).map_err(|source| StoreError::Corrupt {
        pk,
        sk,
        what,
        source: source.into(),
    })
}

fn write<T: serde::Serialize>(key: Key, record: &T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(record).map_err(|source| StoreError::Corrupt {
        pk: key.pk.clone(),
        sk: key.sk.clone(),
        what: "an item to write",
        source: source.into(),
    })?;
    // serde writes an absent option as NULL; an absent attribute is smaller and can be a sparse index's key.
    item.retain(|_, value| !value.is_null());
    item.insert("pk".to_owned(), S(key.pk));
    item.insert("sk".to_owned(), S(key.sk));
    Ok(item)
}

fn text(item: &Item, attribute: &str) -> String {
    item.get(attribute).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

/// The result of a conditional write; `None` if its condition was not met.
fn condition_met<T, E, R>(
    written: Result<T, SdkError<E, R>>,
    operation: &'static str,
) -> Result<Option<T>, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match written {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(unavailable(operation)(error)),
    }
}

fn unavailable<E, R>(operation: &'static str) -> impl FnOnce(SdkError<E, R>) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    move |source| StoreError::Unavailable { operation, source: Box::new(source) }
}
