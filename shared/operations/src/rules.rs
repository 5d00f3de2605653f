//! The rules of a merchant: saved one by one or from a document, and validated against accounts, options and other
//! rules.

mod bulk;
pub mod check;
pub mod diff;
pub mod document;
pub mod dry_run;
mod json;
mod last_fired;
pub mod problem;
mod quota;
mod settle;
mod shape;
mod snapshot;
mod transfer;

use aws::store::{BoundedCount, StoreError};
use domain::app::App;
use domain::condition::Condition;
use domain::id::{IntegrationId, MarketplaceId, RuleId};
use domain::lint::{self, Code, Finding, RuleIndex, Severity};
use domain::manifest::Catalog;
use domain::page::{Listed, Listing, Wanted};
use domain::rule::{Rule, Scope};
use domain::settings::Settings;
use domain::trigger::Trigger;
use jiff::Timestamp;

pub use aws::store::{Expected, RuleFilter, SaveRuleError, ScopeFilter, StoredRule};
pub use bulk::{BulkChange, BulkDone, BulkItem, MOST as MOST_IN_BULK};
pub use last_fired::LastFired;
pub use quota::Full;
pub use snapshot::Snapshot;
pub use transfer::{Applied, Entry, ImportError, Others, Transfer};

use crate::engine::Engine;
use crate::ids;
use crate::listing::ListError;

/// The maximum number of products that are looked up. If a document has more, unknown products are not reported.
const MOST_LOOKED_UP: usize = 200;

/// The operations on rules.
///
/// An operation reads the rules and accounts of the marketplace once, and judges every rule against that [`Snapshot`].
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a>(&'a Engine);

impl Engine {
    /// The operations on rules.
    pub fn rules(&self) -> Rules<'_> {
        Rules(self)
    }
}

/// A rule as a merchant enters it.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleInput {
    /// The merchant's own name for the rule.
    pub name: Option<String>,
    /// The products that the rule applies to.
    pub scope: Scope,
    /// The trigger: the If.
    pub trigger: Trigger,
    /// The account that the action is performed in.
    pub integration: IntegrationId,
    /// The app, if the merchant names it. It must be the account's app.
    pub app: Option<App>,
    /// The action: the Then.
    pub action: String,
    /// The settings of the action.
    pub settings: Settings,
    /// Setting values that are names, even if an option list has such a value.
    pub typed: Vec<String>,
    /// The conditions, all of which must hold.
    pub conditions: Vec<Condition>,
    /// Whether the contact is the gift's recipient.
    pub use_gift_recipient: bool,
    /// Whether the rule is enabled.
    pub enabled: bool,
}

/// A validated rule that is not saved yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The rule. `None` if its app is not known, or if the rule is too large to be validated.
    pub rule: Option<Rule>,
    /// The errors and warnings.
    pub findings: Vec<Finding>,
}

/// A saved rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// The rule as it is stored.
    pub stored: StoredRule,
    /// The warnings of the validation.
    pub warnings: Vec<Finding>,
}

/// The reason why a rule is not saved or deleted.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The rule does not exist.
    #[error("the rule does not exist")]
    Unknown,
    /// The rule has validation errors.
    #[error("the rule has {} errors", .0.len())]
    Invalid(Vec<Finding>),
    /// The marketplace has reached its limit of rules.
    #[error(transparent)]
    Full(#[from] Full),
    /// The stored version is not the expected one.
    #[error("the rule has changed since it was read: read it again, and repeat the change")]
    Changed,
    /// DynamoDB did not respond.
    #[error("the rules cannot be read or written")]
    Store(#[from] StoreError),
}

impl From<SaveRuleError> for RuleError {
    fn from(error: SaveRuleError) -> Self {
        match error {
            SaveRuleError::Changed => Self::Changed,
            SaveRuleError::Store(error) => Self::Store(error),
            SaveRuleError::TooManyProducts(_) => Self::Invalid(vec![Finding {
                severity: Severity::Error,
                code: Code::ProductCount,
                field: "/scope/products".to_owned(),
                message: error.to_string(),
                other_rule: None,
                suggestion: None,
            }]),
        }
    }
}

impl Rules<'_> {
    /// All rules of a marketplace.
    pub async fn all(&self, m: &MarketplaceId, now: Timestamp) -> Result<Vec<Rule>, StoreError> {
        self.0.store.rules(m, now).await
    }

    /// A page of the rules that match a filter, by id.
    pub async fn page(
        &self,
        m: &MarketplaceId,
        filter: &RuleFilter,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Listed<StoredRule>, ListError> {
        let listing = Listing::new("rules", &(m, filter));
        let after = listing.after(wanted)?;
        Ok(listing.listed(self.0.store.rules_page(m, filter, after.as_ref(), wanted.limit, now).await?))
    }

    /// A rule by id, with its version.
    pub async fn get(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        now: Timestamp,
    ) -> Result<Option<StoredRule>, StoreError> {
        self.0.store.stored_rule(m, id, now).await
    }

    /// Creates a rule.
    pub async fn create(
        &self,
        m: &MarketplaceId,
        input: RuleInput,
        now: Timestamp,
    ) -> Result<Saved, RuleError> {
        let snapshot =
            self.snapshot_for(m, [snapshot::named_by(&input.integration, &input.scope)], now).await?;
        let judged = snapshot.judge(ids::new("rul", now), input, None, now);
        snapshot.has_room_for(&judged)?;
        self.save(judged, Expected::Absent, now).await
    }

    /// Replaces a rule if its version is the expected one.
    pub async fn replace(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        input: RuleInput,
        expected: Expected<'_>,
        now: Timestamp,
    ) -> Result<Saved, RuleError> {
        let snapshot =
            self.snapshot_for(m, [snapshot::named_by(&input.integration, &input.scope)], now).await?;
        let before = snapshot.version(id, expected)?;
        let judged = snapshot.judge(id.clone(), input, Some(&before.rule), now);
        snapshot.has_room_for(&judged)?;
        self.save(judged, Expected::Version(&before.etag), now).await
    }

    /// Enables or disables a rule. Disabling always succeeds. Enabling fails if the rule has validation errors.
    pub async fn switch(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        enabled: bool,
        expected: Expected<'_>,
        now: Timestamp,
    ) -> Result<Saved, RuleError> {
        let mut snapshot = self.snapshot(m, now).await?;
        let before = snapshot.version(id, expected)?.clone();
        self.look_up(&mut snapshot, [snapshot::named(&before.rule)], MOST_LOOKED_UP, now).await?;
        let rules = snapshot.rules();
        let index = RuleIndex::new(Catalog::get(), &rules);
        self.switched(before, enabled, &snapshot, &index, now).await
    }

    async fn switched(
        &self,
        before: StoredRule,
        enabled: bool,
        snapshot: &Snapshot,
        others: &RuleIndex<'_>,
        now: Timestamp,
    ) -> Result<Saved, RuleError> {
        let rule = Rule { enabled, ..before.rule };
        let mut findings = snapshot.lint(&rule, others);
        if !enabled {
            findings.retain(|finding| finding.severity == Severity::Warning);
        }
        self.save(Judged { rule: Some(rule), findings }, Expected::Version(&before.etag), now).await
    }

    /// Deletes a rule if its version is the expected one.
    pub async fn delete(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        expected: Expected<'_>,
        now: Timestamp,
    ) -> Result<(), RuleError> {
        let before = self.get(m, id, now).await?.ok_or(RuleError::Unknown)?;
        snapshot::check_version(&before, expected)?;
        let deleted = self.0.store.delete_rule_if(m, id, expected, now).await?;
        if deleted { Ok(()) } else { Err(RuleError::Unknown) }
    }

    /// The number of the rule's actions that wait. `None`: the rule does not exist.
    pub async fn waiting(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        now: Timestamp,
    ) -> Result<Option<BoundedCount>, StoreError> {
        let Some(rule) = self.0.store.rule(m, id, now).await? else { return Ok(None) };
        Ok(Some(self.0.store.waiting_of_rule(m, &rule.integration, id).await?))
    }

    /// Validates an input without saving it, as a new rule or as another version of a stored rule. The findings include
    /// the actions that the rule's action requires and that no other rule requests.
    pub async fn consider(
        &self,
        m: &MarketplaceId,
        id: Option<&RuleId>,
        input: RuleInput,
        now: Timestamp,
    ) -> Result<Judged, RuleError> {
        let snapshot =
            self.snapshot_for(m, [snapshot::named_by(&input.integration, &input.scope)], now).await?;
        let before = id.map(|id| snapshot.version(id, Expected::Any)).transpose()?;
        let id = id.cloned().unwrap_or_else(|| ids::new("rul", now));
        let mut judged = snapshot.judge(id, input, before.map(|before| &before.rule), now);
        if let Some(rule) = &judged.rule {
            judged.findings.extend(lint::required(Catalog::get(), rule, &snapshot.rules()));
        }
        Ok(judged)
    }

    /// The findings on a rule in its current version, as [`Rules::consider`] returns them.
    pub async fn lint(&self, rule: &Rule, now: Timestamp) -> Result<Vec<Finding>, StoreError> {
        let snapshot = self.snapshot_for(&rule.marketplace, [snapshot::named(rule)], now).await?;
        let rules = snapshot.rules();
        let mut findings = snapshot.lint(rule, &RuleIndex::new(Catalog::get(), &rules));
        findings.extend(lint::required(Catalog::get(), rule, &rules));
        Ok(findings)
    }

    async fn save(&self, judged: Judged, expected: Expected<'_>, now: Timestamp) -> Result<Saved, RuleError> {
        let Judged { rule: Some(rule), findings } = judged else {
            return Err(RuleError::Invalid(judged.findings));
        };
        if !lint::can_be_saved(&findings) {
            return Err(RuleError::Invalid(findings));
        }
        let stored = self.0.store.save_rule_if(&rule, expected, now).await?;
        Ok(Saved { stored, warnings: findings })
    }
}
