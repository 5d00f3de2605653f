//! The Configuration Log: changes of accounts, rules and actions, with their authors.

use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::id::{MarketplaceId, time_key};
use domain::log::ConfigEntry;
use domain::page::{ConfigPosition, Page};
use jiff::Timestamp;

use super::keys::{self, END_OF_TIME, START_OF_TIME};
use super::pages::{MOST_READ, Span};
use super::{Item, Store, StoreError, is_expired, read, unavailable, write};

impl Store {
    /// Adds an entry to a marketplace's log. Without a marketplace, adds it to the log of changes that affect all
    /// marketplaces.
    pub async fn log_config(
        &self,
        m: impl Into<Option<&MarketplaceId>>,
        entry: &ConfigEntry,
    ) -> Result<(), StoreError> {
        let item = self.config_entry(m, entry)?;
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map(drop).map_err(unavailable("PutItem of a configuration entry"))
    }

    /// The item of an entry, with this table's author.
    pub(super) fn config_entry<'a>(
        &self,
        m: impl Into<Option<&'a MarketplaceId>>,
        entry: &ConfigEntry,
    ) -> Result<Item, StoreError> {
        let entry = ConfigEntry { author: self.author.clone(), ..entry.clone() };
        let mut item = write(keys::config_entry(m.into(), &(&entry).into()), &entry)?;
        item.insert("ttl".to_owned(), self.expires(entry.at));
        Ok(item)
    }

    /// One page of a log's entries that match, newest first.
    pub async fn config_log_page(
        &self,
        m: Option<&MarketplaceId>,
        span: &Span<ConfigPosition>,
        wanted: impl Fn(&ConfigEntry) -> bool,
        now: Timestamp,
    ) -> Result<Page<ConfigEntry, ConfigPosition>, StoreError> {
        let since = span.since.map_or(START_OF_TIME.to_owned(), time_key);
        // A sort key continues after its time, so a key with exactly that time sorts after the bound.
        let until = span.until.map_or(END_OF_TIME.to_owned(), time_key);
        let (mut items, mut after, mut seen) = (Vec::new(), span.after.clone(), 0);
        if since > until {
            return Ok(Page::end(items));
        }
        loop {
            let start = after.as_ref().map(|after| keys::config_entry(m, after));
            let request = self
                .query(keys::config_log(m))
                .key_condition_expression("pk = :pk AND sk BETWEEN :since AND :until")
                .expression_attribute_values(":since", S(since.clone()))
                .expression_attribute_values(":until", S(until.clone()))
                .set_exclusive_start_key(
                    start.map(|key| Item::from([("pk".to_owned(), S(key.pk)), ("sk".to_owned(), S(key.sk))])),
                )
                .scan_index_forward(false)
                .limit(i32::try_from(span.limit.clamp(25, 100)).unwrap_or(100));
            let answer = request.send().await.map_err(unavailable("Query of a configuration log"))?;
            for item in answer.items.unwrap_or_default() {
                if items.len() == span.limit {
                    return Ok(Page { items, next: after });
                }
                let is_expired = is_expired(&item, now);
                let entry: ConfigEntry = read(item, "a configuration entry")?;
                after = Some((&entry).into());
                seen += 1;
                if !is_expired && wanted(&entry) {
                    items.push(entry);
                }
            }
            if answer.last_evaluated_key.is_none() {
                return Ok(Page::end(items));
            }
            if items.len() == span.limit || seen >= MOST_READ {
                return Ok(Page { items, next: after });
            }
        }
    }
}
