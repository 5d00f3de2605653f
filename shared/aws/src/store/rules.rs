//! Rules: one item by id, and one copy under each key that a trigger looks up.
//!
//! A trigger's first query reads the global rules and, in an item beside them, the groups of the products that rules name. So a fact
//! whose products have no rules costs one query, whatever the number of its lines.
//!
//! A rule and its copies are written in one transaction, on condition that the stored rule is the version that was
//! read. So no copy outlives its version, and if two requests change the same version, the second gets an error. The
//! transaction also has the entry of the Configuration Log, so that no rule changes without an entry.

mod pages;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::{Ns, S};
use aws_sdk_dynamodb::types::builders::{DeleteBuilder, PutBuilder};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use domain::id::{IntegrationId, MarketplaceId, ProductId, RuleId};
use domain::integration::Integration;
use domain::log::ConfigEntry;
use domain::rule::{MOST_PRODUCTS, Rule, Scope};
use domain::trigger::Trigger;
use futures::future::{try_join, try_join_all};
use jiff::Timestamp;

use super::keys::{self, Key};
use super::transaction::Cancelled;
use super::{Index, Item, Store, StoreError, read, text, unavailable, write};

pub use pages::{RuleFilter, ScopeFilter};

/// The attribute with the groups of products that rules name.
const GROUPS: &str = "groups";
/// How often a write is tried if concurrent writes prevent it.
const TRIES: u32 = 5;

/// A rule as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRule {
    /// The rule.
    pub rule: Rule,
    /// The version: it differs after each change.
    pub etag: String,
}

/// The version of a rule that a write expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected<'a> {
    /// Any version, or none.
    Any,
    /// No rule: the id is new.
    Absent,
    /// The version with this etag.
    Version(&'a str),
}

/// A rule that cannot be saved or deleted.
#[derive(Debug, thiserror::Error)]
pub enum SaveRuleError {
    /// It names more products than one rule can.
    #[error(
        "the rule names {0} products; a rule can name {MOST_PRODUCTS}: write a second rule for the others"
    )]
    TooManyProducts(usize),
    /// The stored rule is not the expected version: read it again.
    #[error("the rule was changed by another request: read it again and repeat the change")]
    Changed,
    /// The write failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// The rules that a trigger has to evaluate: the global rules, and the rules that name one of the products. Products
    /// of a group that no rule names cost no request.
    pub async fn rules_for(
        &self,
        m: &MarketplaceId,
        trigger: Trigger,
        products: &[ProductId],
        now: Timestamp,
    ) -> Result<Vec<Rule>, StoreError> {
        let beside = keys::product_groups(m, trigger);
        let mut found = self.all(self.query(beside.pk), now).await?;
        let place = found.iter().position(|item| text(item, "sk") == beside.sk);
        let groups = place.map(|place| found.swap_remove(place));
        let groups = groups.as_ref().and_then(|item| item.get(GROUPS)?.as_ns().ok());
        let is_named = |product: &&ProductId| {
            let group = product.group().to_string();
            groups.is_some_and(|groups| groups.contains(&group))
        };
        let named = products.iter().filter(is_named).map(|product| keys::product_rules(m, trigger, product));
        let lookups = named.map(|pk| self.all(self.query(pk), now));
        found.extend(try_join_all(lookups).await?.into_iter().flatten());
        let mut rules: Vec<Rule> =
            found.into_iter().map(|item| read(item, "a rule")).collect::<Result<_, _>>()?;
        // A rule that names two of the products is returned twice.
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        rules.dedup_by(|a, b| a.id == b.id);
        Ok(rules)
    }

    /// Adds the groups of a rule's products to those that its trigger looks for. This comes before the rule is stored: a
    /// group without a rule costs a request, and a rule whose group is missing would never fire.
    async fn add_groups(&self, rule: &Rule) -> Result<(), StoreError> {
        let groups = rule.scope.products().iter().map(ProductId::group).collect::<BTreeSet<_>>();
        if groups.is_empty() {
            return Ok(());
        }
        let key = keys::product_groups(&rule.marketplace, rule.trigger);
        let groups = groups.into_iter().map(|group| group.to_string()).collect();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            .update_expression("ADD #groups :groups")
            .expression_attribute_names("#groups", GROUPS)
            .expression_attribute_values(":groups", Ns(groups));
        update.send().await.map(drop).map_err(unavailable("UpdateItem of the groups of products"))
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

    /// A rule by id, read with strong consistency, with its etag.
    pub async fn stored_rule(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        now: Timestamp,
    ) -> Result<Option<StoredRule>, StoreError> {
        self.get_latest(keys::rule(m, id), now).await?.map(stored).transpose()
    }

    /// Every rule of a marketplace.
    pub async fn rules(&self, m: &MarketplaceId, now: Timestamp) -> Result<Vec<Rule>, StoreError> {
        let stored = self.stored_rules(m, now).await?;
        Ok(stored.into_iter().map(|stored| stored.rule).collect())
    }

    /// Every rule of a marketplace, each with its etag.
    pub async fn stored_rules(
        &self,
        m: &MarketplaceId,
        now: Timestamp,
    ) -> Result<Vec<StoredRule>, StoreError> {
        let query = self.query_prefix(keys::marketplace(m), keys::RULE);
        self.all(query, now).await?.into_iter().map(stored).collect()
    }

    /// Every rule and every integration of a marketplace, read with strong consistency, because the caller acts on them.
    pub async fn rules_and_integrations(
        &self,
        m: &MarketplaceId,
        now: Timestamp,
    ) -> Result<(Vec<StoredRule>, Vec<Integration>), StoreError> {
        let items =
            |prefix| self.all(self.query_prefix(keys::marketplace(m), prefix).consistent_read(true), now);
        let (rules, integrations) = try_join(items(keys::RULE), items(keys::INTEGRATION)).await?;
        let rules = rules.into_iter().map(stored).collect::<Result<_, _>>()?;
        let integrations = integrations.into_iter().map(|item| read(item, "an integration"));
        Ok((rules, integrations.collect::<Result<_, _>>()?))
    }

    /// The rules of one account.
    pub async fn rules_of(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        now: Timestamp,
    ) -> Result<Vec<Rule>, StoreError> {
        let query = self.query_index(Index::Listing, keys::rules_of_integration(m, integration));
        let entries = self.all(query, now).await?;
        self.whole(&entries).await?.into_iter().map(|item| read(item, "a rule")).collect()
    }

    /// Saves a rule and its copies in one transaction, unconditionally.
    pub async fn save_rule(&self, rule: &Rule, now: Timestamp) -> Result<(), SaveRuleError> {
        self.save_rule_if(rule, Expected::Any, now).await.map(drop)
    }

    /// Saves a rule and its copies in one transaction, over the expected version, and deletes the copies that only that
    /// version had. Returns the new version.
    pub async fn save_rule_if(
        &self,
        rule: &Rule,
        expected: Expected<'_>,
        now: Timestamp,
    ) -> Result<StoredRule, SaveRuleError> {
        let rule = &Rule { updated_at: now, changed_by: Some(self.author.clone()), ..rule.clone() };
        let copies = copies(rule);
        if copies.len() > MOST_PRODUCTS {
            return Err(SaveRuleError::TooManyProducts(copies.len()));
        }
        self.add_groups(rule).await?;
        let etag = rule.etag();
        let tagged = |key: Key| -> Result<Item, StoreError> {
            let mut item = write(key, rule)?;
            item.insert("etag".to_owned(), S(etag.clone()));
            Ok(item)
        };
        let mut primary = tagged(keys::rule(&rule.marketplace, &rule.id))?;
        let listing = keys::rules_of_integration(&rule.marketplace, &rule.integration);
        primary.insert("listing_pk".to_owned(), S(listing));
        primary.insert("listing_sk".to_owned(), S(rule.id.to_string()));
        let renewed = copies.iter().map(|key| tagged(key.clone())).collect::<Result<Vec<_>, _>>()?;

        self.in_place_of((&rule.marketplace, &rule.id), Some(rule), expected, now, |before| {
            let stale = before.iter().flat_map(|before| self::copies(&before.rule));
            let stale = stale.filter(|key| !copies.contains(key));
            let primary = Put::builder().table_name(&self.table).set_item(Some(primary.clone()));
            let mut writes = vec![put(on_version_put(primary, before))];
            writes.extend(stale.map(|key| self.delete(key)));
            writes.extend(renewed.iter().map(|item| self.put(item.clone())));
            Some(writes)
        })
        .await?;
        Ok(StoredRule { rule: rule.clone(), etag })
    }

    /// Deletes a rule and its copies in one transaction. `false`: the rule did not exist.
    pub async fn delete_rule(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        now: Timestamp,
    ) -> Result<bool, SaveRuleError> {
        self.delete_rule_if(m, id, Expected::Any, now).await
    }

    /// Deletes a rule and its copies in one transaction, if it is the expected version. `false`: the rule did not
    /// exist.
    pub async fn delete_rule_if(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        expected: Expected<'_>,
        now: Timestamp,
    ) -> Result<bool, SaveRuleError> {
        self.in_place_of((m, id), None, expected, now, |before| {
            let gone = before?;
            let primary = Delete::builder().table_name(&self.table);
            let primary = on_version_delete(primary, &keys::rule(m, id), gone);
            let copies = copies(&gone.rule).into_iter().map(|key| self.delete(key));
            Some(std::iter::once(primary).chain(copies).collect())
        })
        .await
    }

    /// Disables a rule of an account, whatever its version. `false`: it does not exist, is disabled, or belongs to
    /// another account by now.
    pub async fn switch_rule_off(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        of: &IntegrationId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        loop {
            let Some(StoredRule { rule, etag }) = self.stored_rule(m, id, now).await? else {
                return Ok(false);
            };
            if !rule.enabled || rule.integration != *of {
                return Ok(false);
            }
            let off = Rule { enabled: false, ..rule };
            match self.save_rule_if(&off, Expected::Version(&etag), now).await {
                Ok(_) => return Ok(true),
                // Another request saved a new version in between, which has to be disabled too.
                Err(SaveRuleError::Changed) => {}
                Err(SaveRuleError::Store(error)) => return Err(error),
                // The rule was saved with as many products before.
                Err(error @ SaveRuleError::TooManyProducts(_)) => {
                    let source = Box::new(error);
                    return Err(StoreError::Unavailable { operation: "save of a rule", source });
                }
            }
        }
    }

    /// Reads the rule and writes the change to it, on condition that it was not changed since. If it was, the rule is
    /// read again. `false`: there is nothing to write.
    async fn in_place_of(
        &self,
        (m, id): (&MarketplaceId, &RuleId),
        after: Option<&Rule>,
        expected: Expected<'_>,
        now: Timestamp,
        writes: impl Fn(Option<&StoredRule>) -> Option<Vec<TransactWriteItem>>,
    ) -> Result<bool, SaveRuleError> {
        let mut tried = 0;
        loop {
            let before = self.stored_rule(m, id, now).await?;
            let as_expected = match (expected, &before) {
                (Expected::Any, _) | (Expected::Absent, None) => true,
                (Expected::Version(etag), Some(before)) => before.etag == etag,
                (Expected::Absent, Some(_)) | (Expected::Version(_), None) => false,
            };
            if !as_expected {
                return Err(SaveRuleError::Changed);
            }
            let Some(mut writes) = writes(before.as_ref()) else { return Ok(false) };
            let before = before.as_ref().map(|before| &before.rule);
            let entry = ConfigEntry::of_rule(before, after, now);
            let entry = entry.map(|entry| self.config_entry(m, &entry)).transpose()?;
            writes.extend(entry.map(|entry| self.put(entry)));
            match self.transact(writes).await {
                Ok(()) => return Ok(true),
                Err(Cancelled::Unmet(_)) if tried < TRIES => {
                    tried += 1;
                    tokio::time::sleep(Duration::from_millis(20) * tried).await;
                }
                Err(Cancelled::Unmet(_)) => return Err(SaveRuleError::Changed),
                Err(Cancelled::Store(error)) => return Err(error.into()),
            }
        }
    }

    pub(super) fn put(&self, item: Item) -> TransactWriteItem {
        put(Put::builder().table_name(&self.table).set_item(Some(item)))
    }

    #[expect(clippy::expect_used, reason = "table and key are given")]
    pub(super) fn delete(&self, key: Key) -> TransactWriteItem {
        let delete = Delete::builder().table_name(&self.table).key("pk", S(key.pk)).key("sk", S(key.sk));
        TransactWriteItem::builder().delete(delete.build().expect("complete")).build()
    }
}

/// A rule as its item contains it. A rule that was written before rules had etags has the etag of its content.
fn stored(item: Item) -> Result<StoredRule, StoreError> {
    let etag = text(&item, "etag");
    let rule: Rule = read(item, "a rule")?;
    let etag = if etag.is_empty() { rule.etag() } else { etag };
    Ok(StoredRule { rule, etag })
}

const NONE_YET: &str = "attribute_not_exists(pk)";
const SAME_VERSION: &str = "attribute_exists(pk) AND (etag = :etag OR attribute_not_exists(etag))";

fn on_version_put(put: PutBuilder, before: Option<&StoredRule>) -> PutBuilder {
    match before {
        None => put.condition_expression(NONE_YET),
        Some(before) => put
            .condition_expression(SAME_VERSION)
            .expression_attribute_values(":etag", S(before.etag.clone())),
    }
}

#[expect(clippy::expect_used, reason = "table and key are given")]
fn on_version_delete(delete: DeleteBuilder, key: &Key, before: &StoredRule) -> TransactWriteItem {
    let delete = delete
        .key("pk", S(key.pk.clone()))
        .key("sk", S(key.sk.clone()))
        .condition_expression(SAME_VERSION)
        .expression_attribute_values(":etag", S(before.etag.clone()));
    TransactWriteItem::builder().delete(delete.build().expect("complete")).build()
}

#[expect(clippy::expect_used, reason = "every caller gives table and item")]
pub(super) fn put(put: PutBuilder) -> TransactWriteItem {
    TransactWriteItem::builder().put(put.build().expect("complete")).build()
}

/// The keys under which a trigger finds a rule.
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
