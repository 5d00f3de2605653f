//! The rules of a marketplace by pages, narrowed to what is looked for.

use domain::id::{IntegrationId, MarketplaceId, ProductId, RuleId};
use domain::page::Page;
use domain::rule::{Rule, Scope};
use domain::trigger::Trigger;
use jiff::Timestamp;
use serde::Serialize;

use super::super::key_range::KeyRange;
use super::super::keys;
use super::{Store, StoreError, StoredRule, stored};

/// Which rules are looked for: those that every given part fits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RuleFilter {
    /// Of one account.
    pub integration: Option<IntegrationId>,
    /// Of one trigger.
    pub trigger: Option<Trigger>,
    /// Of a scope.
    pub scope: Option<ScopeFilter>,
    /// On or off.
    pub enabled: Option<bool>,
    /// Saved at this time or later.
    pub updated_since: Option<Timestamp>,
}

/// Which scopes are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ScopeFilter {
    /// Global rules.
    Global,
    /// Rules that name products.
    Products,
    /// Rules that name this product.
    Product(ProductId),
    /// Rules that apply to this product: those that name it, and global rules.
    AppliesTo(ProductId),
}

impl RuleFilter {
    /// Whether a rule is looked for.
    fn wants(&self, rule: &Rule) -> bool {
        let in_scope = |scope: &ScopeFilter| match (scope, &rule.scope) {
            (ScopeFilter::Global | ScopeFilter::AppliesTo(_), Scope::Global)
            | (ScopeFilter::Products, Scope::Products { .. }) => true,
            (
                ScopeFilter::Product(product) | ScopeFilter::AppliesTo(product),
                Scope::Products { products },
            ) => products.contains(product),
            (ScopeFilter::Global, Scope::Products { .. })
            | (ScopeFilter::Products | ScopeFilter::Product(_), Scope::Global) => false,
        };
        self.integration.as_ref().is_none_or(|integration| *integration == rule.integration)
            && self.trigger.is_none_or(|trigger| trigger == rule.trigger)
            && self.scope.as_ref().is_none_or(in_scope)
            && self.enabled.is_none_or(|enabled| enabled == rule.enabled)
            && self.updated_since.is_none_or(|since| rule.updated_at >= since)
    }

    /// Where they all are, with as few others as there is a key for.
    fn key_range(&self, m: &MarketplaceId) -> KeyRange {
        let of = |pk: String| KeyRange { listing: false, pk, prefix: "" };
        match (&self.integration, self.trigger, &self.scope) {
            (_, Some(trigger), Some(ScopeFilter::Global)) => of(keys::global_rules(m, trigger)),
            (_, Some(trigger), Some(ScopeFilter::Product(product))) => {
                of(keys::product_rules(m, trigger, product))
            }
            (Some(integration), _, _) => {
                KeyRange { listing: true, ..of(keys::rules_of_integration(m, integration)) }
            }
            (None, _, _) => KeyRange { prefix: keys::RULE, ..of(keys::marketplace(m)) },
        }
    }
}

impl Store {
    /// The next rules by id, at most `limit`, behind the one that the last page ended with.
    pub async fn rules_page(
        &self,
        m: &MarketplaceId,
        filter: &RuleFilter,
        after: Option<&RuleId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<StoredRule, RuleId>, StoreError> {
        let key_range = filter.key_range(m);
        let wanted = |found: &StoredRule| filter.wants(&found.rule);
        let page = self.page(&key_range, after.map(RuleId::as_str), limit, stored, wanted, now).await?;
        Ok(Page { items: page.items, next: page.next.and_then(|next| next.parse().ok()) })
    }
}
