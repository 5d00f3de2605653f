//! The merchant's names for the ids in rules and actions, so that a page of them needs no further request.

use std::collections::{BTreeMap, BTreeSet};

use aws::store::{Store, StoreError};
use domain::id::{IntegrationId, MarketplaceId, ProductId, RuleId};
use domain::log::JobRecord;
use domain::rule::Rule;
use futures::future::try_join;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

/// The maximum number of products whose names are read for one page.
const MOST_PRODUCTS: usize = 500;
/// The number of items that are read concurrently.
const AT_ONCE: usize = 16;

/// The names of the rules and accounts of actions. Deleted ones have none.
#[derive(Debug, Default)]
pub struct ActionNames {
    rules: BTreeMap<RuleId, String>,
    accounts: BTreeMap<IntegrationId, String>,
}

/// The names of the accounts and products of rules. Deleted accounts, and products that are not in the catalogue, have
/// none.
#[derive(Debug, Default)]
pub struct RuleNames {
    accounts: BTreeMap<IntegrationId, String>,
    products: BTreeMap<ProductId, String>,
}

impl ActionNames {
    /// Reads the names for some actions.
    pub(crate) async fn of<'a>(
        store: &Store,
        m: &MarketplaceId,
        actions: impl IntoIterator<Item = &'a JobRecord>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let ids: BTreeSet<RuleId> = actions.into_iter().map(|action| action.rule.clone()).collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let read = async |id: RuleId| store.rule(m, &id, now).await;
        let rules = stream::iter(ids).map(read).buffered(AT_ONCE).try_collect::<Vec<_>>();
        let (rules, accounts) = try_join(rules, accounts(store, m, now)).await?;
        let named = rules.into_iter().flatten().filter_map(|rule| Some((rule.id, rule.name?)));
        Ok(Self { rules: named.collect(), accounts })
    }

    /// The name of a rule.
    pub fn rule(&self, id: &RuleId) -> Option<&str> {
        self.rules.get(id).map(String::as_str)
    }

    /// The label of an account.
    pub fn account(&self, id: &IntegrationId) -> Option<&str> {
        self.accounts.get(id).map(String::as_str)
    }
}

impl RuleNames {
    /// Reads the names for some rules.
    pub(crate) async fn of<'a>(
        store: &Store,
        m: &MarketplaceId,
        rules: impl IntoIterator<Item = &'a Rule>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let ids = rules.into_iter().flat_map(|rule| rule.scope.products()).cloned();
        let ids: BTreeSet<ProductId> = ids.collect();
        let read = async |id: ProductId| store.product(m, &id, now).await;
        let products = stream::iter(ids.into_iter().take(MOST_PRODUCTS)).map(read).buffered(AT_ONCE);
        let (products, accounts) =
            try_join(products.try_collect::<Vec<_>>(), accounts(store, m, now)).await?;
        let named = products.into_iter().flatten().map(|saved| saved.product);
        let products = named.map(|product| (product.product_id, product.name.to_string())).collect();
        Ok(Self { accounts, products })
    }

    /// The label of an account.
    pub fn account(&self, id: &IntegrationId) -> Option<&str> {
        self.accounts.get(id).map(String::as_str)
    }

    /// The name of a product.
    pub fn product(&self, id: &ProductId) -> Option<&str> {
        self.products.get(id).map(String::as_str)
    }
}

async fn accounts(
    store: &Store,
    m: &MarketplaceId,
    now: Timestamp,
) -> Result<BTreeMap<IntegrationId, String>, StoreError> {
    let accounts = store.integrations(m, now).await?;
    Ok(accounts.into_iter().map(|account| (account.id, account.label)).collect())
}
