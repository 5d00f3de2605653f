//! Rules, accounts and products by id, many in one request, for the names that pages show.

use std::collections::BTreeSet;

use domain::fact::Product;
use domain::id::{IntegrationId, MarketplaceId, ProductId, RuleId};
use domain::integration::Integration;
use domain::rule::Rule;
use jiff::Timestamp;

use super::disconnected::Disconnected;
use super::keys;
use super::products::SavedProduct;
use super::{Store, StoreError, is_expired, read, text};

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
        let found = self.items(rules.chain(accounts).chain(products), false).await?;
        let mut named = Named::default();
        for item in found.into_iter().filter(|item| !is_expired(item, now)) {
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
}
