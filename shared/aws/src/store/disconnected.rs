//! Deleted accounts: their label and app are kept as long as their actions are in the log.

use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Integration;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Item, Store, StoreError, keys, read, unavailable, write};

/// A deleted account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disconnected {
    /// The account.
    pub id: IntegrationId,
    /// The account's app.
    pub app: App,
    /// The account's label when it was deleted.
    pub label: String,
}

impl Store {
    /// The item that replaces a deleted account. It expires with the log.
    pub(super) fn disconnected_item(
        &self,
        integration: &Integration,
        now: Timestamp,
    ) -> Result<Item, StoreError> {
        let Integration { marketplace, id, app, label, .. } = integration;
        let left = Disconnected { id: id.clone(), app: *app, label: label.clone() };
        let mut item = write(keys::disconnected(marketplace, id), &left)?;
        item.insert("ttl".to_owned(), self.expires(now));
        Ok(item)
    }

    /// The deleted accounts whose actions may be in the log, at most `limit`, those that were connected last.
    pub async fn disconnected(
        &self,
        m: &MarketplaceId,
        limit: i32,
        now: Timestamp,
    ) -> Result<Vec<Disconnected>, StoreError> {
        let query = self.query_prefix(keys::marketplace(m), keys::DISCONNECTED);
        let answer = query.scan_index_forward(false).limit(limit).send().await;
        let items = answer.map_err(unavailable("Query of deleted accounts"))?.items.unwrap_or_default();
        let items = items.into_iter().filter(|item| !super::is_expired(item, now));
        items.map(|item| read(item, "a deleted account")).collect()
    }
}
