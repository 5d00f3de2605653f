//! The events of a marketplace between two times.

use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::id::{MarketplaceId, time_key};
use domain::log::EventRecord;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::keys::{self, SHARDS};
use super::{Index, Item, Store, StoreError, is_expired, unavailable};

impl Store {
    /// The events whose facts occurred from `since` until before `until`, newest first, at most `limit`.
    pub async fn events_between(
        &self,
        m: &MarketplaceId,
        since: Timestamp,
        until: Timestamp,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let shards = (0..SHARDS).map(|shard| self.shard_between(m, shard, since, until, limit, now));
        self.newest_events(try_join_all(shards).await?.into_iter().flatten().collect(), limit).await
    }

    async fn shard_between(
        &self,
        m: &MarketplaceId,
        shard: u8,
        since: Timestamp,
        until: Timestamp,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Item>, StoreError> {
        let mut pages = self
            .query_index(Index::Listing, keys::events_listing(m, shard))
            .key_condition_expression("listing_pk = :pk AND listing_sk BETWEEN :since AND :until")
            .expression_attribute_values(":since", S(time_key(since)))
            // A sort key continues after its time, so a key with exactly that time sorts after the bound.
            .expression_attribute_values(":until", S(time_key(until)))
            .scan_index_forward(false)
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(item) = pages.next().await
        {
            let item = item.map_err(unavailable("Query"))?;
            if !is_expired(&item, now) {
                found.push(item);
            }
        }
        Ok(found)
    }
}
