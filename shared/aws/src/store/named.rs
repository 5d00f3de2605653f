//! Rules, accounts and products by id, many in one request, for the names that pages show.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::fact::Product;
use domain::id::{IntegrationId, MarketplaceId, ProductId, RuleId};
use domain::integration::Integration;
use domain::rule::Rule;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::disconnected::Disconnected;
use super::keys::{self, Key};
use super::products::SavedProduct;
use super::{Item, Store, StoreError, is_expired, read, text, unavailable};

/// The most keys of one request.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
const MOST_KEYS: usize = 100;
/// How often the keys that DynamoDB did not process are requested again.
const TRIES: u32 = 5;

/// The ids of the items to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ids {
    /// Of rules.
    pub rules: BTreeSet<RuleId>,
    /// Of accounts.
    pub accounts: BTreeSet<IntegrationId>,
    /// Of products.
    pub products: BTreeSet<ProductId>,
}

/// The items that exist, in no order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Named {
    /// The rules.
    pub rules: Vec<Rule>,
    /// The accounts.
    pub accounts: Vec<Integration>,
    /// The labels of deleted accounts.
    pub disconnected: Vec<Disconnected>,
    /// The products that are in the catalogue.
    pub products: Vec<Product>,
}

impl Store {
    /// The items with these ids, read with eventual consistency: one request for each hundred of them, and none for
    /// no ids.
    pub async fn named(&self, m: &MarketplaceId, ids: &Ids, now: Timestamp) -> Result<Named, StoreError> {
        let rules = ids.rules.iter().map(|id| keys::rule(m, id));
        let accounts =
            ids.accounts.iter().flat_map(|id| [keys::integration(m, id), keys::disconnected(m, id)]);
        let products = ids.products.iter().map(|id| keys::product(m, id));
        let keys: Vec<_> = rules.chain(accounts).chain(products).map(attributes).collect();
        let requests = keys.chunks(MOST_KEYS).map(|keys| self.some(keys.to_vec()));
        let mut named = Named::default();
        for item in try_join_all(requests).await?.into_iter().flatten().filter(|item| !is_expired(item, now))
        {
            let sk = text(&item, "sk");
            if sk.starts_with(keys::RULE) {
                named.rules.push(read(item, "a rule")?);
            } else if sk.starts_with(keys::INTEGRATION) {
                named.accounts.push(read(item, "an integration")?);
            } else if sk.starts_with(keys::DISCONNECTED) {
                named.disconnected.push(read(item, "a deleted account")?);
            } else {
                named.products.push(read::<SavedProduct>(item, "a product")?.product);
            }
        }
        Ok(named)
    }

    /// The items with these keys, a hundred at most. DynamoDB leaves keys unprocessed if it is throttled or if the
    /// answer is too large.
    async fn some(&self, mut keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let (mut found, mut tried) = (Vec::new(), 0);
        loop {
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).build();
            let wanted = wanted.map_err(|source| StoreError::Unavailable {
                operation: "BatchGetItem",
                source: source.into(),
            })?;
            let request = self.client.batch_get_item().request_items(&self.table, wanted);
            let answer = request.send().await.map_err(unavailable("BatchGetItem"))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            let rest = answer.unprocessed_keys.unwrap_or_default().into_values();
            keys = rest.flat_map(|rest| rest.keys).collect();
            if keys.is_empty() {
                return Ok(found);
            }
            if tried == TRIES {
                let source = "keys are still unprocessed".into();
                return Err(StoreError::Unavailable { operation: "BatchGetItem", source });
            }
            tried += 1;
            tokio::time::sleep(Duration::from_millis(20) * tried).await;
        }
    }
}

fn attributes(key: Key) -> Item {
    HashMap::from([("pk".to_owned(), S(key.pk)), ("sk".to_owned(), S(key.sk))])
}
