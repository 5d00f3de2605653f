//! The Configuration Log: what happened to connected accounts.

use domain::id::{IntegrationId, MarketplaceId};
use domain::log::ConfigEntry;
use jiff::Timestamp;

use super::keys::{self, Key};
use super::{Store, StoreError, read, unavailable, write};

impl Store {
    /// Adds an entry.
    pub async fn log_config(&self, m: &MarketplaceId, entry: &ConfigEntry) -> Result<(), StoreError> {
        let pk = keys::config_log(m, &entry.integration);
        let mut item = write(Key { pk, sk: keys::at(entry.at, &entry.action) }, entry)?;
        item.insert("ttl".to_owned(), self.expires(entry.at));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map(drop).map_err(unavailable("PutItem of a configuration entry"))
    }

    /// An account's entries, newest first.
    pub async fn config_log(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        now: Timestamp,
    ) -> Result<Vec<ConfigEntry>, StoreError> {
        let query = self.query(keys::config_log(m, integration)).scan_index_forward(false);
        self.all(query, now).await?.into_iter().map(|item| read(item, "a configuration entry")).collect()
    }
}
