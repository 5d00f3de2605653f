//! The merchant's names for the ids in rules and actions, so that a page of them needs no further request.

use std::collections::BTreeMap;

use aws::store::{Ids, Store, StoreError};
use domain::id::{IntegrationId, MarketplaceId, ProductId, RuleId};
use domain::rule::Rule;
use jiff::Timestamp;

/// The maximum number of products whose names are read for one page.
const MOST_PRODUCTS: usize = 500;

/// The names in a rule: its own, and the app's names of its settings' values.
#[derive(Debug)]
struct Named {
    name: Option<String>,
    labels: BTreeMap<String, String>,
}

/// The label of a deleted account of which nothing is kept.
const DISCONNECTED: &str = "Disconnected account";

/// The names of rules, accounts and products. Deleted rules, and products that are not in the catalogue, have none.
#[derive(Debug, Default)]
pub struct Names {
    rules: BTreeMap<RuleId, Named>,
    accounts: BTreeMap<IntegrationId, String>,
    products: BTreeMap<ProductId, String>,
}

impl Names {
    /// Reads the names for actions, each given by its rule and account: one request for a hundred ids.
    pub(crate) async fn of_actions<'a>(
        store: &Store,
        m: &MarketplaceId,
        actions: impl IntoIterator<Item = (&'a RuleId, &'a IntegrationId)>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut ids = Ids::default();
        for (rule, account) in actions {
            ids.rules.insert(rule.clone());
            ids.accounts.insert(account.clone());
        }
        Self::read(store, m, ids, now).await
    }

    /// Reads the names of the accounts and products of rules.
    pub(crate) async fn of_rules<'a>(
        store: &Store,
        m: &MarketplaceId,
        rules: impl IntoIterator<Item = &'a Rule>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut ids = Ids::default();
        for rule in rules {
            ids.accounts.insert(rule.integration.clone());
            let room = MOST_PRODUCTS.saturating_sub(ids.products.len());
            ids.products.extend(rule.scope.products().iter().take(room).cloned());
        }
        Self::read(store, m, ids, now).await
    }

    async fn read(store: &Store, m: &MarketplaceId, ids: Ids, now: Timestamp) -> Result<Self, StoreError> {
        let found = store.named(m, &ids, now).await?;
        let rules = found.rules.into_iter();
        let deleted = found.disconnected.into_iter();
        let deleted = deleted.map(|account| (account.id, format!("{} (disconnected)", account.label)));
        // An account with the id of a deleted one can be connected again.
        let accounts = deleted.chain(found.accounts.into_iter().map(|account| (account.id, account.label)));
        let products = found.products.into_iter();
        Ok(Self {
            rules: rules.map(|rule| (rule.id, Named { name: rule.name, labels: rule.labels })).collect(),
            accounts: accounts.collect(),
            products: products.map(|product| (product.product_id, product.name.to_string())).collect(),
        })
    }

    /// The name of a rule.
    pub fn rule(&self, id: &RuleId) -> Option<&str> {
        self.rules.get(id)?.name.as_deref()
    }

    /// The app's name of a value of a rule's settings, when the rule was saved.
    pub fn value(&self, rule: &RuleId, value: &str) -> Option<&str> {
        self.rules.get(rule)?.labels.get(value).map(String::as_str)
    }

    /// The label of an account. A deleted account has its last label with the word "disconnected", for as long as its
    /// actions are in the log, and then the label "Disconnected account".
    pub fn account(&self, id: &IntegrationId) -> &str {
        self.accounts.get(id).map_or(DISCONNECTED, String::as_str)
    }

    /// The name of a product.
    pub fn product(&self, id: &ProductId) -> Option<&str> {
        self.products.get(id).map(String::as_str)
    }
}
