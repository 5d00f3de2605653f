//! The rules of a marketplace by pages, with filters.

use domain::id::{IntegrationId, MarketplaceId, ProductId, RuleId};
use domain::page::Page;
use domain::rule::{Rule, Scope};
use domain::trigger::Trigger;
use jiff::Timestamp;
use serde::Serialize;

use super::super::key_range::KeyRange;
use super::super::keys;
use super::{Store, StoreError, StoredRule, stored};

/// The filter: a rule must match every given part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RuleFilter {
    /// The account.
    pub integration: Option<IntegrationId>,
    /// The trigger.
    pub trigger: Option<Trigger>,
    /// The scope.
    pub scope: Option<ScopeFilter>,
    /// Enabled or disabled.
    pub enabled: Option<bool>,
    /// Saved at this time or later.
    pub updated_since: Option<Timestamp>,
}

/// A filter for scopes.
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
    /// Whether a rule matches.
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

    /// The key range that contains all matches and the fewest other rules.
    fn key_range(&self, m: &MarketplaceId) -> KeyRange {
        let of = |pk: String| KeyRange { listing: false, pk, prefix: "", beyond: keys::BEFORE_COPIES };
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
    /// The next rules by id, at most `limit`, after the last rule of the previous page.
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
