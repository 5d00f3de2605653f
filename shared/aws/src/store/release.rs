//! Releasing held jobs: connecting or deleting an account writes a request that is due at once, and the sweeper
//! processes it.

use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_sdk_dynamodb::types::Select;
use domain::id::{IntegrationId, MarketplaceId};
use domain::time;
use jiff::Timestamp;

use super::keys;
use super::requests::{Release, STRAGGLERS, SweepRequest};
use super::{Index, Item, Store, StoreError, unavailable, write};

impl Store {
    /// Asks the sweeper to release an account's held jobs, from now on.
    pub async fn request_release(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let item = release(m, integration, now)?;
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map(drop).map_err(unavailable("PutItem of a release"))
    }

    /// The number of an account's held jobs.
    pub async fn held_count(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
    ) -> Result<usize, StoreError> {
        let query = self.query_index(Index::Due, keys::held(m, integration)).select(Select::Count);
        let mut pages = query.into_paginator().send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            count += usize::try_from(page.map_err(unavailable("Query of held jobs"))?.count).unwrap_or(0);
        }
        Ok(count)
    }
}

/// The item that requests the release of an account's held jobs, from now on.
pub(super) fn release(
    m: &MarketplaceId,
    integration: &IntegrationId,
    now: Timestamp,
) -> Result<Item, StoreError> {
    let until = time::after(now, STRAGGLERS);
    let release = Release { marketplace: m.clone(), integration: integration.clone(), until };
    let mut item = write(keys::release(m, integration), &release)?;
    item.insert("due_pk".to_owned(), S(keys::REQUESTS.to_owned()));
    item.insert("due_sk".to_owned(), S(SweepRequest::Release(release).place(now)));
    Ok(item)
}
