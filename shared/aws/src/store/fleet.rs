//! The operator's view of all marketplaces: the list of marketplaces, and the state of each app's accounts.
//!
//! An account's place in the fleet is a key of its own item in the sparse index `fleet`, so no second record can drift
//! from it. The index has few attributes and none that jobs write, so an update of an account's health does not write
//! to the index.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_sdk_dynamodb::types::Select;
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId, RuleId};
use domain::integration::Connection;
use domain::log::Status;
use domain::page::{Page, ReconnectPosition};
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::Deserialize;

use super::keys::{self, FLEET_SHARDS, SHARDS};
use super::{Index, Item, Store, StoreError, read, text, unavailable};

/// The number of jobs of each shard that are examined to find waiting jobs.
const LOOKED_AT: i32 = 500;

/// The state of an account in the operator's list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Standing {
    /// The account's marketplace.
    #[serde(rename = "pk")]
    pub marketplace: MarketplaceId,
    /// The account.
    pub id: IntegrationId,
    /// Whether the account works.
    pub label: String,
    /// Whether it works.
    pub connection: Connection,
}

/// A count with an upper bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BoundedCount {
    /// The number that was counted.
    pub count: usize,
    /// There are more: counting ended at the end of a page.
    pub more: bool,
}

impl std::iter::Sum for BoundedCount {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, one| Self {
            count: sum.count + one.count,
            more: sum.more || one.more,
        })
    }
}

impl Store {
    /// Adds a marketplace to the directory; no write if it is listed.
    pub(crate) async fn list_marketplace(&self, m: &MarketplaceId, now: Timestamp) -> Result<(), StoreError> {
        if self.is_listed(m, now).await? {
            return Ok(());
        }
        let key = keys::listed(m);
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", S(key.pk))
            .item("sk", S(key.sk))
            .item("since", S(now.to_string()));
        request.send().await.map(drop).map_err(unavailable("PutItem of a marketplace"))
    }

    /// Whether a marketplace is in the directory.
    pub async fn is_listed(&self, m: &MarketplaceId, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.get(keys::listed(m), now).await?.is_some())
    }

    /// Marketplaces that have ever connected an app, by id, after the last id of the previous page.
    pub async fn marketplaces(
        &self,
        limit: usize,
        after: Option<&MarketplaceId>,
    ) -> Result<Page<MarketplaceId, MarketplaceId>, StoreError> {
        let shards = (0..FLEET_SHARDS).map(|shard| {
            let query = self.query(keys::directory(shard));
            match after {
                None => query,
                Some(after) => query
                    .key_condition_expression("pk = :pk AND sk > :after")
                    .expression_attribute_values(":after", S(after.to_string())),
            }
        });
        let found = self.merged(shards, "sk", limit).await?;
        let id = |item: &Item| {
            text(item, "sk").parse().map_err(|source| StoreError::Corrupt {
                pk: text(item, "pk"),
                sk: text(item, "sk"),
                what: "a marketplace of the directory",
                source: Box::new(source),
            })
        };
        let items = found.items.iter().map(id).collect::<Result<_, _>>()?;
        Ok(Page { items, next: found.next.and_then(|next| next.parse().ok()) })
    }

    /// The accounts of an app that have to be reconnected, of all marketplaces, longest first, after the last account
    /// of the previous page.
    pub async fn refused_accounts(
        &self,
        app: App,
        limit: usize,
        after: Option<&ReconnectPosition>,
    ) -> Result<Page<Standing, ReconnectPosition>, StoreError> {
        let after = after.map_or(keys::REFUSED.to_owned(), keys::refused);
        let shards = (0..FLEET_SHARDS).map(|shard| {
            self.query_index(Index::Fleet, keys::fleet(app, shard))
                .key_condition_expression("fleet_pk = :pk AND fleet_sk BETWEEN :after AND :end")
                // The smallest key that sorts after it.
                .expression_attribute_values(":after", S(format!("{after}\0")))
                .expression_attribute_values(":end", S(format!("{}~", keys::REFUSED)))
        });
        let found = self.merged(shards, "fleet_sk", limit).await?;
        let items = found.items.into_iter().map(standing).collect::<Result<_, _>>()?;
        let next = found.next.and_then(|next| next.strip_prefix(keys::REFUSED)?.parse().ok());
        Ok(Page { items, next })
    }

    /// The number of an app's accounts that work, and the number that have to be reconnected.
    pub async fn fleet_counts(&self, app: App) -> Result<(BoundedCount, BoundedCount), StoreError> {
        let count = async |prefix: &str| {
            let shards = (0..FLEET_SHARDS).map(async |shard| {
                let query = self
                    .query_index(Index::Fleet, keys::fleet(app, shard))
                    .key_condition_expression("fleet_pk = :pk AND begins_with(fleet_sk, :prefix)")
                    .expression_attribute_values(":prefix", S(prefix.to_owned()))
                    .select(Select::Count);
                self.count_page(query).await
            });
            Ok::<BoundedCount, StoreError>(try_join_all(shards).await?.into_iter().sum())
        };
        futures::future::try_join(count(keys::OK), count(keys::REFUSED)).await
    }

    /// The number of an account's held jobs: exact up to a page.
    pub async fn held_at_least(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
    ) -> Result<BoundedCount, StoreError> {
        self.count_page(self.query_index(Index::Due, keys::held(m, id)).select(Select::Count)).await
    }

    /// The number of an account's jobs that wait for a retry, of the newest few thousand exceptions of the marketplace.
    pub async fn waiting_at_least(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
    ) -> Result<BoundedCount, StoreError> {
        let shards = (0..SHARDS).map(|shard| {
            let query = self
                .query_index(Index::Listing, keys::exceptions_listing(m, shard))
                .filter_expression("integration = :account AND #status IN (:retrying, :limited)")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":account", S(id.to_string()))
                .expression_attribute_values(":retrying", S(Status::Retrying.key().to_owned()))
                .expression_attribute_values(":limited", S(Status::RateLimited.key().to_owned()))
                .scan_index_forward(false)
                .limit(LOOKED_AT)
                .select(Select::Count);
            self.count_page(query)
        });
        Ok(try_join_all(shards).await?.into_iter().sum())
    }

    /// The number of an account's waiting actions that a rule requested, of the newest few thousand exceptions of the
    /// marketplace.
    pub async fn waiting_of_rule(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        rule: &RuleId,
    ) -> Result<BoundedCount, StoreError> {
        let shards = (0..SHARDS).map(|shard| {
            let query = self
                .query_index(Index::Listing, keys::exceptions_listing(m, shard))
                .filter_expression(
                    "integration = :account AND #rule = :rule AND #status IN (:retrying, :limited, :held)",
                )
                .expression_attribute_values(":account", S(id.to_string()))
                .expression_attribute_names("#rule", "rule")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":rule", S(rule.to_string()))
                .expression_attribute_values(":retrying", S(Status::Retrying.key().to_owned()))
                .expression_attribute_values(":limited", S(Status::RateLimited.key().to_owned()))
                .expression_attribute_values(":held", S(Status::Held.key().to_owned()))
                .scan_index_forward(false)
                .limit(LOOKED_AT)
                .select(Select::Count);
            self.count_page(query)
        });
        Ok(try_join_all(shards).await?.into_iter().sum())
    }

    /// Counts the items in one page of a query.
    pub(crate) async fn count_page(&self, query: QueryFluentBuilder) -> Result<BoundedCount, StoreError> {
        let page = query.send().await.map_err(unavailable("Query for a count"))?;
        let count = usize::try_from(page.count).unwrap_or(0);
        Ok(BoundedCount { count, more: page.last_evaluated_key.is_some_and(|key| !key.is_empty()) })
    }

    /// One page of the items under several keys, in the order of their sort key.
    async fn merged(
        &self,
        shards: impl Iterator<Item = QueryFluentBuilder>,
        sort_key: &str,
        limit: usize,
    ) -> Result<Page<Item, String>, StoreError> {
        // One more item than requested shows whether there is a next page.
        let each = i32::try_from(limit.saturating_add(1)).unwrap_or(i32::MAX);
        let pages = shards.map(async |query| {
            let page = query.limit(each).send().await.map_err(unavailable("Query of the fleet"))?;
            Ok::<_, StoreError>(page.items.unwrap_or_default())
        });
        let found = try_join_all(pages).await?.into_iter().flatten();
        let mut sorted: BTreeMap<String, Item> = found.map(|item| (text(&item, sort_key), item)).collect();
        let next = match sorted.len().cmp(&limit) {
            Ordering::Less | Ordering::Equal => None,
            Ordering::Greater => {
                let first_beyond = sorted.keys().nth(limit).cloned();
                first_beyond.and_then(|key| {
                    sorted.split_off(&key);
                    sorted.keys().next_back().cloned()
                })
            }
        };
        Ok(Page { items: sorted.into_values().collect(), next })
    }
}

fn standing(item: Item) -> Result<Standing, StoreError> {
    read(item, "an account's standing")
}
