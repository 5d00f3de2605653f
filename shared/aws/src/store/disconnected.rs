//! Deleted accounts: their label and app are kept as long as their actions are in the log.

use domain::app::App;
use domain::id::IntegrationId;
use domain::integration::Integration;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Item, Store, StoreError, keys, write};

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
}
