//! The state of a marketplace that rules are judged against.

use std::collections::{BTreeMap, BTreeSet};

use aws::store::{Expected, StoreError, StoredRule};
use domain::fact::Product;
use domain::id::{IntegrationId, MarketplaceId, ProductId, RuleId};
use domain::integration::Integration;
use domain::lint::{self, Code, Finding, RuleIndex, Severity, Surroundings};
use domain::manifest::Catalog;
use domain::options::Lists;
use domain::rule::{Rule, Scope};
use jiff::Timestamp;

use super::quota::{self, Full};
use super::settle::{normal_name, settle};
use super::{Judged, MOST_LOOKED_UP, RuleError, RuleInput, Rules};
use crate::integrations::lists;

/// The state of a marketplace, read once for an operation.
#[derive(Debug)]
pub struct Snapshot {
    /// The marketplace's id.
    pub marketplace: MarketplaceId,
    /// All of its rules.
    pub before: Vec<StoredRule>,
    /// All of its accounts.
    pub accounts: Vec<Integration>,
    /// The options of each account that the operation's rules name.
    pub lists: BTreeMap<IntegrationId, Lists>,
    /// The catalogue's products among those of the operation's rules. `None` if the catalogue is empty, or if the rules
    /// name too many products to look up.
    pub products: Option<Vec<Product>>,
}

/// The account and the products that a rule names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    integration: &'a IntegrationId,
    scope: &'a Scope,
}

/// The account and the products that a rule names.
pub(super) fn named(rule: &Rule) -> Named<'_> {
    named_by(&rule.integration, &rule.scope)
}

/// The account and the products of a rule with these fields.
pub(super) fn named_by<'a>(integration: &'a IntegrationId, scope: &'a Scope) -> Named<'a> {
    Named { integration, scope }
}

impl Rules<'_> {
    /// The rules and accounts of a marketplace.
    pub(super) async fn snapshot(&self, m: &MarketplaceId, now: Timestamp) -> Result<Snapshot, StoreError> {
        let (before, accounts) = self.0.store.rules_and_integrations(m, now).await?;
        let (lists, products) = (BTreeMap::new(), None);
        Ok(Snapshot { marketplace: m.clone(), before, accounts, lists, products })
    }

    /// The snapshot for an operation on rules that name these accounts and products.
    pub(super) async fn snapshot_for(
        &self,
        m: &MarketplaceId,
        rules: impl IntoIterator<Item = Named<'_>>,
        now: Timestamp,
    ) -> Result<Snapshot, StoreError> {
        let mut snapshot = self.snapshot(m, now).await?;
        self.look_up(&mut snapshot, rules, MOST_LOOKED_UP, now).await?;
        Ok(snapshot)
    }

    /// Reads the options and products that rules name, `most` products at most.
    pub(super) async fn look_up(
        &self,
        snapshot: &mut Snapshot,
        rules: impl IntoIterator<Item = Named<'_>>,
        most: usize,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (mut integrations, mut products) = (BTreeSet::new(), BTreeSet::new());
        for Named { integration, scope } in rules {
            integrations.insert(integration.clone());
            match scope {
                Scope::Global => {}
                Scope::Products { products: named } => products.extend(named.iter().cloned()),
            }
        }
        for account in snapshot.accounts.iter().filter(|account| integrations.contains(&account.id)) {
            let found = lists::of(&self.0.store, account, now).await?;
            snapshot.lists.insert(account.id.clone(), found.into());
        }
        if (1..=most).contains(&products.len()) {
            let products: Vec<ProductId> = products.into_iter().collect();
            snapshot.products = self.0.store.products_known(&snapshot.marketplace, &products, now).await?;
        }
        Ok(())
    }
}

impl Snapshot {
    /// An account by id.
    pub(super) fn account(&self, id: &IntegrationId) -> Option<&Integration> {
        self.accounts.iter().find(|account| account.id == *id)
    }

    /// All rules without their versions.
    pub(super) fn rules(&self) -> Vec<Rule> {
        self.before.iter().map(|stored| stored.rule.clone()).collect()
    }

    /// A rule if its version is the expected one.
    pub(super) fn version(&self, id: &RuleId, expected: Expected<'_>) -> Result<&StoredRule, RuleError> {
        let stored = self.before.iter().find(|stored| stored.rule.id == *id).ok_or(RuleError::Unknown)?;
        check_version(stored, expected)?;
        Ok(stored)
    }

    /// Adds the default settings to a rule, and replaces typed names of options by their values.
    pub(super) fn settle(&self, rule: &mut Rule, before: Option<&Rule>, typed: &[String]) {
        let none = Lists::default();
        settle(rule, self.lists.get(&rule.integration).unwrap_or(&none), before, typed);
    }

    /// The findings on a rule.
    pub(super) fn lint(&self, rule: &Rule, others: &RuleIndex<'_>) -> Vec<Finding> {
        let none = Lists::default();
        let around = Surroundings {
            catalog: Catalog::get(),
            integration: self.account(&rule.integration),
            lists: self.lists.get(&rule.integration).unwrap_or(&none),
            others,
            products: self.products.as_deref(),
        };
        lint::lint(rule, &around)
    }

    /// Builds and validates the rule of an input. `before`: the rule that it would replace.
    pub(super) fn judge(
        &self,
        id: RuleId,
        input: RuleInput,
        before: Option<&Rule>,
        now: Timestamp,
    ) -> Judged {
        let name = normal_name(input.name.as_deref());
        let mut oversize = lint::oversize(&input.scope, &input.settings, &input.conditions);
        oversize.extend(lint::name(name.as_deref()));
        if !oversize.is_empty() {
            return Judged { rule: None, findings: oversize };
        }
        let same_account = before.filter(|before| before.integration == input.integration);
        let of_account = self.account(&input.integration).map(|account| account.app);
        let app = input.app.or(of_account).or(same_account.map(|rule| rule.app));
        let Some(app) = app else {
            return Judged { rule: None, findings: without_account(&input) };
        };
        let mut rule = Rule {
            id,
            marketplace: self.marketplace.clone(),
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
            changed_by: None,
            widened_at: None,
        };
        rule.take_place_of(before, now);
        self.settle(&mut rule, same_account, &input.typed);
        let rules = self.rules();
        let mut findings = self.lint(&rule, &RuleIndex::new(Catalog::get(), &rules));
        findings.extend(before.and_then(|before| self.is_repaired(&rule, before)));
        Judged { rule: Some(rule), findings }
    }

    /// The finding on a rule that was disabled with its account, and gets another account without being enabled.
    pub(super) fn is_repaired(&self, rule: &Rule, before: &Rule) -> Option<Finding> {
        let is_repaired =
            self.account(&before.integration).is_none() && self.account(&rule.integration).is_some();
        is_repaired.then(|| lint::is_off(rule)).flatten()
    }

    /// Checks that a rule to save does not exceed the marketplace's limits.
    pub(super) fn has_room_for(&self, judged: &Judged) -> Result<(), Full> {
        match judged.rule.as_ref().filter(|_| lint::can_be_saved(&judged.findings)) {
            Some(rule) => self.has_room(std::slice::from_ref(rule)),
            None => Ok(()),
        }
    }

    /// Checks that rules to save do not exceed the marketplace's limits.
    pub(super) fn has_room(&self, rules: &[Rule]) -> Result<(), Full> {
        let before = self.rules();
        let others = before.iter().filter(|other| rules.iter().all(|rule| rule.id != other.id));
        let after: Vec<Rule> = others.chain(rules).cloned().collect();
        quota::room(&before, &after, &self.accounts)
    }
}

/// The findings on an input whose account does not exist, so that its app is not known.
fn without_account(input: &RuleInput) -> Vec<Finding> {
    let mut findings = lint::scope(&input.scope);
    findings.push(Finding {
        severity: Severity::Error,
        code: Code::IntegrationMissing,
        field: "/integration".to_owned(),
        message: format!("integration {} does not exist: choose a connected integration", input.integration),
        other_rule: None,
        suggestion: None,
    });
    let conditions: Vec<_> = input.conditions.iter().map(Some).collect();
    findings.extend(lint::conditions(Some(input.trigger), &conditions));
    findings
}

/// Checks that a stored rule has the expected version.
pub(super) fn check_version(stored: &StoredRule, expected: Expected<'_>) -> Result<(), RuleError> {
    match expected {
        Expected::Any => Ok(()),
        Expected::Version(etag) if etag == stored.etag => Ok(()),
        Expected::Version(_) | Expected::Absent => Err(RuleError::Changed),
    }
}
