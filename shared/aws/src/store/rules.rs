//! Rules: one item by id, and one copy under each key that a trigger looks up.

use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use domain::id::{IntegrationId, MarketplaceId, ProductId, RuleId};
use domain::rule::{Rule, Scope};
use domain::trigger::Trigger;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::keys::{self, Key};
use super::{Store, StoreError, read, unavailable, write};

/// One write transaction takes 100 items: the rule itself and its copies.
const MOST_PRODUCTS: usize = 49;

/// A rule that cannot be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveRuleError {
    /// It names more products than one rule can.
    #[error(
        "the rule names {0} products; a rule can name {MOST_PRODUCTS}: write a second rule for the others"
    )]
    TooManyProducts(usize),
    /// The table did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// The rules that one firing trigger must look at: the global ones, and those that name one of the products.
    pub async fn rules_for(
        &self,
        m: &MarketplaceId,
        trigger: Trigger,
        products: &[ProductId],
        now: Timestamp,
    ) -> Result<Vec<Rule>, StoreError> {
        let global = std::iter::once(keys::global_rules(m, trigger));
        let by_product = products.iter().map(|product| keys::product_rules(m, trigger, product));
        let lookups = global.chain(by_product).map(|pk| self.all(self.query(pk), now));
        let found = try_join_all(lookups).await?;
        let mut rules: Vec<Rule> =
            found.into_iter().flatten().map(|item| read(item, "a rule")).collect::<Result<_, _>>()?;
        // A rule that names two of the products is found twice.
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        rules.dedup_by(|a, b| a.id == b.id);
        Ok(rules)
    }

    /// A rule by id.
    pub async fn rule(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        now: Timestamp,
    ) -> Result<Option<Rule>, StoreError> {
        self.get(keys::rule(m, id), now).await?.map(|item| read(item, "a rule")).transpose()
    }

    /// Every rule of a marketplace.
    pub async fn rules(&self, m: &MarketplaceId, now: Timestamp) -> Result<Vec<Rule>, StoreError> {
        let query = self
            .query(keys::marketplace(m))
            .key_condition_expression("pk = :pk AND begins_with(sk, :rule)")
            .expression_attribute_values(":rule", S("RULE#".to_owned()));
        self.all(query, now).await?.into_iter().map(|item| read(item, "a rule")).collect()
    }

    /// The rules of one account.
    pub async fn rules_of(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        now: Timestamp,
    ) -> Result<Vec<Rule>, StoreError> {
        let query = self.query_index("listing", keys::rules_of_integration(m, integration));
        self.all(query, now).await?.into_iter().map(|item| read(item, "a rule")).collect()
    }

    /// Saves a rule and its copies at once, and removes the copies that an older version of it left.
    pub async fn save_rule(&self, rule: &Rule, now: Timestamp) -> Result<(), SaveRuleError> {
        let copies = copies(rule);
        if copies.len() > MOST_PRODUCTS {
            return Err(SaveRuleError::TooManyProducts(copies.len()));
        }
        let before = self.rule(&rule.marketplace, &rule.id, now).await?;
        let stale = before.iter().flat_map(self::copies).filter(|key| !copies.contains(key));

        let mut primary = write(keys::rule(&rule.marketplace, &rule.id), rule)?;
        let listing = keys::rules_of_integration(&rule.marketplace, &rule.integration);
        primary.insert("gsi1pk".to_owned(), S(listing));
        primary.insert("gsi1sk".to_owned(), S(rule.id.to_string()));

        let mut writes = vec![self.put(primary)];
        writes.extend(stale.map(|key| self.delete(key)));
        for key in &copies {
            writes.push(self.put(write(key.clone(), rule)?));
        }
        self.transact(writes).await?;
        Ok(())
    }

    /// Deletes a rule and its copies at once. `false`: there was none.
    pub async fn delete_rule(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(rule) = self.rule(m, id, now).await? else { return Ok(false) };
        let keys = std::iter::once(keys::rule(m, id)).chain(copies(&rule));
        self.transact(keys.map(|key| self.delete(key)).collect()).await?;
        Ok(true)
    }

    pub(super) fn put(&self, item: super::Item) -> TransactWriteItem {
        put(Put::builder().table_name(&self.table).set_item(Some(item)))
    }

    #[expect(clippy::expect_used, reason = "table and key are given")]
    pub(super) fn delete(&self, key: Key) -> TransactWriteItem {
        let delete = Delete::builder().table_name(&self.table).key("pk", S(key.pk)).key("sk", S(key.sk));
        TransactWriteItem::builder().delete(delete.build().expect("complete")).build()
    }

    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let request = self.client.transact_write_items().set_transact_items(Some(writes));
        request.send().await.map(drop).map_err(unavailable("TransactWriteItems"))
    }
}

#[expect(clippy::expect_used, reason = "every caller gives table and item")]
pub(super) fn put(put: PutBuilder) -> TransactWriteItem {
    TransactWriteItem::builder().put(put.build().expect("complete")).build()
}

/// Where a trigger looks a rule up.
fn copies(rule: &Rule) -> Vec<Key> {
    let sk = rule.id.to_string();
    match &rule.scope {
        Scope::Global => {
            vec![Key { pk: keys::global_rules(&rule.marketplace, rule.trigger), sk }]
        }
        Scope::Products { products } => products
            .iter()
            .map(|product| Key {
                pk: keys::product_rules(&rule.marketplace, rule.trigger, product),
                sk: sk.clone(),
            })
            .collect(),
    }
}
