//! The merchant's names for the ids in rules and actions, so that a page of them needs no further request.

use std::collections::BTreeMap;

use aws::store::{Ids, Store, StoreError};
use domain::id::{IntegrationId, MarketplaceId, ProductId, RuleId};
use domain::rule::Rule;
use jiff::Timestamp;

/// The maximum number of products whose names are read for one page.
const MOST_PRODUCTS: usize = 500;

/// What is read of a rule: its name and the app's names of its settings' values.
#[derive(Debug)]
struct Named {
    name: Option<String>,
    labels: BTreeMap<String, String>,
}

/// The names of rules, accounts and products. Deleted ones, and products that are not in the catalogue, have none.
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
        let accounts = found.accounts.into_iter().map(|account| (account.id, account.label));
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

    /// The label of an account.
    pub fn account(&self, id: &IntegrationId) -> Option<&str> {
        self.accounts.get(id).map(String::as_str)
    }

    /// The name of a product.
    pub fn product(&self, id: &ProductId) -> Option<&str> {
        self.products.get(id).map(String::as_str)
    }
}
