//! Items of which the index `listing` has the keys only.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures::future::try_join_all;

use super::{Item, Store, StoreError, text, unavailable};

/// The most items that one request reads.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
const AT_ONCE: usize = 100;
/// How often a request is repeated for the items that exceeded its 16 MB.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

impl Store {
    /// The items with these items' keys, in their order. An item that was deleted in the meantime is left out. Read
    /// with strong consistency: the index may have an item that a copy of the table does not have yet.
    pub(super) async fn whole(&self, keys: &[Item]) -> Result<Vec<Item>, StoreError> {
        let chunks = keys.chunks(AT_ONCE).map(|chunk| self.whole_chunk(chunk));
        let found = try_join_all(chunks).await?.into_iter().flatten();
        let mut found: HashMap<_, _> = found.map(|item| (key_of(&item), item)).collect();
        Ok(keys.iter().filter_map(|key| found.remove(&key_of(key))).collect())
    }

    async fn whole_chunk(&self, keys: &[Item]) -> Result<Vec<Item>, StoreError> {
        let key = |item: &Item| {
            let (pk, sk) = key_of(item);
            HashMap::from([("pk".to_owned(), S(pk)), ("sk".to_owned(), S(sk))])
        };
        let mut wanted: Vec<_> = keys.iter().map(key).collect();
        let (mut found, mut tried) = (Vec::new(), 0);
        while !wanted.is_empty() {
            let request = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
            let request = request.map_err(|error| incomplete(error.into()))?;
            let answer = self.client.batch_get_item().request_items(&self.table, request).send().await;
            let answer = answer.map_err(unavailable("BatchGetItem"))?;
            found.extend(answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default());
            let left = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
            wanted = left.map(|left| left.keys).unwrap_or_default();
            if !wanted.is_empty() {
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

fn key_of(item: &Item) -> (String, String) {
    (text(item, "pk"), text(item, "sk"))
}

fn incomplete(source: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Unavailable { operation: "BatchGetItem", source }
}
