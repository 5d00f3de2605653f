//! Items by their keys, many in one request.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures::future::try_join_all;

use super::keys::Key;
use super::{Item, Store, StoreError, text, unavailable};

/// The most keys of one request.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
pub(super) const MOST_KEYS: usize = 100;
/// How often a request is repeated for the items that exceeded its 16 MB, or that DynamoDB throttled.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

impl Store {
    /// The items with the keys of these entries of the index `listing`, in their order. An item that was deleted in the
    /// meantime is left out. Read with strong consistency: the index may have an item that a copy of the table does not
    /// have yet.
    pub(super) async fn whole(&self, entries: &[Item]) -> Result<Vec<Item>, StoreError> {
        let found = self.items(entries.iter().map(key_of), true).await?;
        let mut found: HashMap<_, _> = found.into_iter().map(|item| (key_of(&item), item)).collect();
        Ok(entries.iter().filter_map(|entry| found.remove(&key_of(entry))).collect())
    }

    /// The items with these keys that exist, in no order, a request for each hundred. `latest`: with strong consistency.
    pub(super) async fn items(
        &self,
        keys: impl IntoIterator<Item = Key>,
        latest: bool,
    ) -> Result<Vec<Item>, StoreError> {
        let keys: Vec<_> = keys.into_iter().map(attributes).collect();
        let requests = keys.chunks(MOST_KEYS).map(|keys| self.some_items(keys.to_vec(), latest));
        Ok(try_join_all(requests).await?.into_iter().flatten().collect())
    }

    async fn some_items(&self, mut keys: Vec<Item>, latest: bool) -> Result<Vec<Item>, StoreError> {
        let (mut found, mut tried) = (Vec::new(), 0);
        while !keys.is_empty() {
            let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(latest).build();
            let request = request.map_err(|error| incomplete(error.into()))?;
            let answer = self.client.batch_get_item().request_items(&self.table, request).send().await;
            let answer = answer.map_err(unavailable("BatchGetItem"))?;
            found.extend(answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default());
            let left = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
            keys = left.map(|left| left.keys).unwrap_or_default();
            if !keys.is_empty() {
                tried += 1;
                if tried == TRIES {
                    return Err(incomplete("items were left out each time".into()));
                }
                tokio::time::sleep(PAUSE * tried).await;
            }
        }
        Ok(found)
    }
}

/// The key of an item, or of an entry of an index.
pub(super) fn key_of(item: &Item) -> Key {
    Key { pk: text(item, "pk"), sk: text(item, "sk") }
}

fn attributes(key: Key) -> Item {
    HashMap::from([("pk".to_owned(), S(key.pk)), ("sk".to_owned(), S(key.sk))])
}

fn incomplete(source: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Unavailable { operation: "BatchGetItem", source }
}
