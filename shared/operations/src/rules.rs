//! The rules of a merchant: saved one by one or from a document, and validated against accounts, options and other
//! rules.

mod bulk;
pub mod check;
pub mod diff;
pub mod document;
mod expanded_size;
mod last_fired;
pub mod locate;
pub mod problem;
mod quota;
mod shape;
mod transfer;
mod yaml;

use std::collections::BTreeMap;

use aws::store::{BoundedCount, Expected, SaveRuleError, Store, StoreError, StoredRule};
use domain::app::App;
use domain::condition::Condition;
use domain::id::{IntegrationId, MarketplaceId, RuleId};
use domain::integration::Integration;
use domain::lint::{self, Code, Finding, RuleIndex, Severity, Surroundings};
use domain::manifest::Catalog;
use domain::options::{self, Lists};
use domain::rule::{MOST_PRODUCTS, Rule, Scope};
use domain::settings::Settings;
use domain::trigger::Trigger;
use jiff::Timestamp;

pub use bulk::{BulkChange, BulkDone, BulkItem, MOST as MOST_IN_BULK};
pub use last_fired::LastFired;
pub use quota::Full;
pub use transfer::{Applied, Entry, ImportError, Known, Others, Snapshot, Transfer};

use crate::ids;
use crate::integrations::lists;

/// The operations on the rules of a deployment.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The DynamoDB table.
    pub store: Store,
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

/// The data that an account's rules are validated against.
struct Around {
    account: Option<Integration>,
    lists: Lists,
    /// The other rules of the account.
    others: Vec<Rule>,
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
            }]),
        }
    }
}

impl Rules {
    /// Creates a rule.
    pub async fn create(
        &self,
        m: &MarketplaceId,
        input: RuleInput,
        now: Timestamp,
    ) -> Result<Saved, RuleError> {
        let judged = self.judge(m, ids::new("rul", now), input, None, now).await?;
        self.make_room(m, &judged, now).await?;
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
        let before = self.version(m, id, expected, now).await?;
        let judged = self.judge(m, id.clone(), input, Some(&before.rule), now).await?;
        self.make_room(m, &judged, now).await?;
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
        let before = self.version(m, id, expected, now).await?;
        let around = self.around(m, &before.rule.integration, now).await?;
        self.switched(before, enabled, &around, now).await
    }

    async fn switched(
        &self,
        before: StoredRule,
        enabled: bool,
        around: &Around,
        now: Timestamp,
    ) -> Result<Saved, RuleError> {
        let rule = Rule { enabled, ..before.rule };
        let mut findings = self.lint_with(&rule, around, now).await?;
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
        let before = self.version(m, id, expected, now).await?;
        let deleted = self.store.delete_rule_if(m, id, Expected::Version(&before.etag), now).await?;
        if deleted { Ok(()) } else { Err(RuleError::Unknown) }
    }

    /// The number of the rule's actions that wait. `None`: the rule does not exist.
    pub async fn waiting(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        now: Timestamp,
    ) -> Result<Option<BoundedCount>, StoreError> {
        let Some(rule) = self.store.rule(m, id, now).await? else { return Ok(None) };
        Ok(Some(self.store.waiting_of_rule(m, &rule.integration, id).await?))
    }

    /// Validates an input without saving it, as a new rule or as another version of a stored rule.
    pub async fn consider(
        &self,
        m: &MarketplaceId,
        id: Option<&RuleId>,
        input: RuleInput,
        now: Timestamp,
    ) -> Result<Judged, RuleError> {
        let before = match id {
            Some(id) => Some(self.version(m, id, Expected::Any, now).await?.rule),
            None => None,
        };
        let id = id.cloned().unwrap_or_else(|| ids::new("rul", now));
        Ok(self.judge(m, id, input, before.as_ref(), now).await?)
    }

    /// Builds and validates the rule of an input. `before`: the rule that it would replace.
    async fn judge(
        &self,
        m: &MarketplaceId,
        id: RuleId,
        input: RuleInput,
        before: Option<&Rule>,
        now: Timestamp,
    ) -> Result<Judged, StoreError> {
        let name = normal_name(input.name.as_deref());
        let mut oversize = lint::oversize(&input.scope, &input.settings, &input.conditions);
        oversize.extend(lint::name(name.as_deref()));
        if !oversize.is_empty() {
            return Ok(Judged { rule: None, findings: oversize });
        }
        let around = self.around(m, &input.integration, now).await?;
        let same_account = before.filter(|before| before.integration == input.integration);
        let of_account = around.account.as_ref().map(|account| account.app);
        let app = input.app.or(of_account).or(same_account.map(|rule| rule.app));
        let Some(app) = app else {
            let mut findings = lint::scope(&input.scope);
            findings.push(Finding {
                severity: Severity::Error,
                code: Code::IntegrationMissing,
                field: "/integration".to_owned(),
                message: format!(
                    "integration {} does not exist: choose a connected integration",
                    input.integration
                ),
            });
            findings.extend(lint::conditions(
                Some(input.trigger),
                &input.conditions.iter().map(Some).collect::<Vec<_>>(),
            ));
            return Ok(Judged { rule: None, findings });
        };
        let mut rule = Rule {
            id,
            marketplace: m.clone(),
            name,
            scope: input.scope,
            trigger: input.trigger,
            integration: input.integration,
            app,
            action: input.action,
            settings: input.settings,
            labels: BTreeMap::new(),
            conditions: input.conditions,
            use_gift_recipient: input.use_gift_recipient,
            enabled: input.enabled,
            created_at: now,
            updated_at: now,
            widened_at: None,
        };
        rule.take_place_of(before, now);
        settle(&mut rule, &around.lists, same_account, &input.typed);
        let findings = self.lint_with(&rule, &around, now).await?;
        Ok(Judged { rule: Some(rule), findings })
    }

    /// The findings on a rule in its current version.
    pub async fn lint(&self, rule: &Rule, now: Timestamp) -> Result<Vec<Finding>, StoreError> {
        let around = self.around(&rule.marketplace, &rule.integration, now).await?;
        self.lint_with(rule, &around, now).await
    }

    async fn around(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        now: Timestamp,
    ) -> Result<Around, StoreError> {
        let account = self.store.integration(m, integration, now).await?;
        let lists = self.lists(account.as_ref(), now).await?;
        let others = self.store.rules_of(m, integration, now).await?;
        Ok(Around { account, lists, others })
    }

    async fn lint_with(
        &self,
        rule: &Rule,
        Around { account, lists, others }: &Around,
        now: Timestamp,
    ) -> Result<Vec<Finding>, StoreError> {
        let products = match &rule.scope {
            Scope::Global => None,
            Scope::Products { products } => {
                let some = &products[..products.len().min(MOST_PRODUCTS)];
                self.store.products_known(&rule.marketplace, some, now).await?
            }
        };
        let catalog = Catalog::built_in();
        let products = products.as_deref();
        Ok(lint::lint(
            rule,
            &Surroundings {
                catalog,
                integration: account.as_ref(),
                lists,
                others: &RuleIndex::new(catalog, others),
                products,
            },
        ))
    }

    async fn lists(&self, account: Option<&Integration>, now: Timestamp) -> Result<Lists, StoreError> {
        match account {
            Some(account) => Ok(lists::of(&self.store, account, now).await?.into()),
            None => Ok(Lists::default()),
        }
    }

    /// The stored rule if its version is the expected one.
    async fn version(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        expected: Expected<'_>,
        now: Timestamp,
    ) -> Result<StoredRule, RuleError> {
        let stored = self.store.stored_rule(m, id, now).await?.ok_or(RuleError::Unknown)?;
        match expected {
            Expected::Any => Ok(stored),
            Expected::Version(etag) if etag == stored.etag => Ok(stored),
            Expected::Version(_) | Expected::Absent => Err(RuleError::Changed),
        }
    }

    /// Checks that the rule to save does not exceed the marketplace's limits.
    async fn make_room(&self, m: &MarketplaceId, judged: &Judged, now: Timestamp) -> Result<(), RuleError> {
        let Some(rule) = judged.rule.as_ref().filter(|_| lint::can_be_saved(&judged.findings)) else {
            return Ok(());
        };
        let full = self.full(m, std::slice::from_ref(rule), now).await?;
        full.map_or(Ok(()), |full| Err(full.into()))
    }

    /// The limit that the rules would exceed.
    async fn full(
        &self,
        m: &MarketplaceId,
        rules: &[Rule],
        now: Timestamp,
    ) -> Result<Option<Full>, StoreError> {
        let before = self.store.rules(m, now).await?;
        let accounts = self.store.integrations(m, now).await?;
        let others = before.iter().filter(|other| rules.iter().all(|rule| rule.id != other.id));
        let after: Vec<Rule> = others.chain(rules).cloned().collect();
        Ok(quota::room(&before, &after, &accounts).err())
    }

    async fn save(&self, judged: Judged, expected: Expected<'_>, now: Timestamp) -> Result<Saved, RuleError> {
        let Judged { rule: Some(rule), findings } = judged else {
            return Err(RuleError::Invalid(judged.findings));
        };
        if !lint::can_be_saved(&findings) {
            return Err(RuleError::Invalid(findings));
        }
        let stored = self.store.save_rule_if(&rule, expected, now).await?;
        Ok(Saved { stored, warnings: findings })
    }
}

/// Normalizes a name for storage; a blank name becomes `None`.
fn normal_name(name: Option<&str>) -> Option<String> {
    name.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
}

/// Adds the default settings, and replaces typed names of options by their values. Settings that the action does not
/// have are kept, so that the lint reports them.
fn settle(rule: &mut Rule, lists: &Lists, before: Option<&Rule>, typed: &[String]) {
    let manifest = Catalog::built_in().manifest(rule.app);
    let Some(action) = manifest.and_then(|manifest| manifest.action(&rule.action)) else { return };
    let Ok(settings) = lint::settings(action, &rule.settings) else { return };
    let none = BTreeMap::new();
    let before = before.map_or(&none, |before| &before.labels);
    let settled = options::settle(action, &settings, lists, before, typed);
    rule.settings = settled.settings;
    rule.labels = settled.labels;
}
