//! The Configuration Log: what happened to connected accounts.

use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::id::{IntegrationId, MarketplaceId};
use domain::log::ConfigEntry;
use domain::page::{ConfigPlace, Page};
use jiff::Timestamp;

use super::keys::{self, END_OF_TIME, Key};
use super::{Store, StoreError, is_expired, read, unavailable, write};

impl Store {
    /// Adds an entry.
    pub async fn log_config(&self, m: &MarketplaceId, entry: &ConfigEntry) -> Result<(), StoreError> {
        let pk = keys::config_log(m, &entry.integration);
        let mut item = write(Key { pk, sk: keys::at(entry.at, &entry.action) }, entry)?;
        item.insert("ttl".to_owned(), self.expires(entry.at));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map(drop).map_err(unavailable("PutItem of a configuration entry"))
    }

    /// One page of an account's entries, newest first.
    pub async fn config_log_page(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        after: Option<&ConfigPlace>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<ConfigEntry, ConfigPlace>, StoreError> {
        let before = after.map_or(END_OF_TIME.to_owned(), |after| keys::at(after.at, &after.action));
        let request = self
            .query(keys::config_log(m, integration))
            .key_condition_expression("pk = :pk AND sk < :before")
            .expression_attribute_values(":before", S(before))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(unavailable("Query of a configuration log"))?;
        let mut page = Page { items: Vec::new(), next: None };
        for item in answer.items.unwrap_or_default() {
            let is_expired = is_expired(&item, now);
            let entry: ConfigEntry = read(item, "a configuration entry")?;
            if answer.last_evaluated_key.is_some() {
                page.next = Some(ConfigPlace { at: entry.at, action: entry.action.clone() });
            }
            if !is_expired {
                page.items.push(entry);
            }
        }
        Ok(page)
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
