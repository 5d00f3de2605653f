//! What is wrong with a rule, and what is questionable about it, before it fires or fails to.
//!
//! An error keeps a rule from being saved: it could never do what it says. A warning is told and the rule is saved: the
//! merchant may mean it, or may know more than what is stored.

mod conditions;
mod overlap;
mod target;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use conditions::{TriggerField, fields};

use crate::app::App;
use crate::condition::Condition;
use crate::fact::{Product, ProductStatus};
use crate::id::ProductId;
use crate::integration::{Connection, Integration};
use crate::manifest::{Action, Catalog, InvalidSettings, Manifest};
use crate::options::Lists;
use crate::rule::{LONGEST_NAME, MOST_PRODUCTS, Rule, Scope};
use crate::settings::Settings;
use crate::trigger::Trigger;

pub use overlap::RuleIndex;

/// Something about a rule that a merchant should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Whether the rule can be saved like this.
    pub severity: Severity,
    /// What kind of finding.
    pub code: Code,
    /// Where in the rule: a JSON pointer.
    pub field: String,
    /// What is wrong, and the way out.
    pub message: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The rule is not saved.
    Error,
    /// The rule is saved.
    Warning,
}

/// What kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Its settings and conditions are larger than is kept.
    TooLarge,
    /// Its name is too long, or has characters that do not print.
    NameInvalid,
    /// It names no product, or too many.
    ProductCount,
    /// It names one product twice.
    ProductTwice,
    /// The catalogue does not have the product.
    ProductUnknown,
    /// The product is no longer sold.
    ProductArchived,
    /// The account does not exist.
    IntegrationMissing,
    /// The account is another app's.
    IntegrationOfOtherApp,
    /// The account's credentials were refused.
    IntegrationNeedsReconnect,
    /// The app has no such action.
    ActionUnknown,
    /// The action does not take a setting as it is.
    SettingInvalid,
    /// What a setting names is no longer in the app.
    TargetGone,
    /// The app or the action never offers the trigger.
    TriggerNotOffered,
    /// Field, operator and value of a condition do not go together.
    ConditionInvalid,
    /// A condition can never hold, by itself or together with the others.
    ConditionNeverHolds,
    /// Another rule asks for the opposite.
    Opposite,
    /// Another rule asks for the same.
    Duplicate,
}

/// What a rule is held against.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// What the apps offer.
    pub catalog: &'a Catalog,
    /// The rule's account, where there is one.
    pub integration: Option<&'a Integration>,
    /// What the account offers to choose from.
    pub lists: &'a Lists,
    /// The other rules of the marketplace; those of other accounts need not be among them.
    pub others: &'a RuleIndex<'a>,
    /// Those of the rule's products that the catalogue has; nothing where the marketplace has no catalogue.
    pub products: Option<&'a [Product]>,
}

/// As many bytes may settings, or conditions, have as JSON: a rule is written once for each of its products.
const LARGEST: usize = 16 * 1024;

/// Everything that is to be said of a rule, errors and warnings.
pub fn lint(rule: &Rule, around: &Surroundings<'_>) -> Vec<Finding> {
    let oversize = oversize(&rule.scope, &rule.settings, &rule.conditions);
    if !oversize.is_empty() {
        return oversize;
    }
    let mut findings = scope(&rule.scope);
    if let Some(known) = around.products {
        findings.extend(products(&rule.scope, known));
    }
    findings.extend(integration(rule, around.integration));
    let drafted: Vec<_> = rule.conditions.iter().map(Some).collect();
    findings.extend(conditions(Some(rule.trigger), &drafted));
    let Some(manifest) = around.catalog.manifest(rule.app) else {
        findings.push(error(Code::ActionUnknown, "/app", format!("{} is not in this build", rule.app)));
        return findings;
    };
    match action(manifest, &rule.action) {
        Err(unknown) => findings.push(unknown),
        Ok(action) => {
            findings.extend(offers(manifest, action, rule.trigger));
            findings.extend(settings(action, &rule.settings).err());
            findings.extend(target::gone(action, rule, around.lists));
            findings.extend(around.others.overlaps(action, rule));
        }
    }
    findings
}

/// Whether nothing among the findings keeps the rule from being saved.
pub fn can_be_saved(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.severity != Severity::Error)
}

/// What of a rule is larger than can be kept. Such a rule is not looked at further: that would take as long as it is large.
pub fn oversize(scope: &Scope, settings: &Settings, conditions: &[Condition]) -> Vec<Finding> {
    let scope = Some(self::scope(scope)).filter(|_| scope.products().len() > MOST_PRODUCTS);
    let sizes = [size("/settings", settings), size("/conditions", conditions)];
    scope.into_iter().flatten().chain(sizes.into_iter().flatten()).collect()
}

/// Whether a name is short enough, and without control characters.
pub fn name(name: Option<&str>) -> Option<Finding> {
    let wrong = |name: &&str| name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control);
    name.filter(wrong).map(|_| {
        let message = format!("a name has {LONGEST_NAME} characters at most, and no control characters");
        error(Code::NameInvalid, "/name", message)
    })
}

/// How many products a rule names, and whether each once.
pub fn scope(scope: &Scope) -> Vec<Finding> {
    let Scope::Products { products } = scope else { return Vec::new() };
    if !(1..=MOST_PRODUCTS).contains(&products.len()) {
        let count = products.len();
        let wrong = format!(
            "it names {count} products; a rule names 1 to {MOST_PRODUCTS}: write another for the rest"
        );
        return vec![error(Code::ProductCount, "/scope/products", wrong)];
    }
    let mut seen = BTreeSet::new();
    let twice = products.iter().enumerate().find(|(_, id)| !seen.insert(*id));
    let said = |(index, id): (usize, &ProductId)| {
        let at = format!("/scope/products/{index}");
        error(Code::ProductTwice, at, format!("product `{id}` is named twice"))
    };
    twice.map(said).into_iter().collect()
}

/// Whether settings, or conditions, are larger than can be kept.
pub fn size<T: Serialize + ?Sized>(field: &str, part: &T) -> Option<Finding> {
    let size = serde_json::to_vec(part).map_or(usize::MAX, |json| json.len());
    let wrong = || format!("it has {size} bytes as JSON; {LARGEST} are the most: write several rules");
    (size > LARGEST).then(|| error(Code::TooLarge, field, wrong()))
}

fn products(scope: &Scope, known: &[Product]) -> Vec<Finding> {
    let Scope::Products { products } = scope else { return Vec::new() };
    let judged = products.iter().enumerate().filter_map(|(index, id): (usize, &ProductId)| {
        let at = format!("/scope/products/{index}");
        match known.iter().find(|product| product.product_id == *id).map(|product| product.status) {
            Some(ProductStatus::Live | ProductStatus::Test) => None,
            Some(ProductStatus::Archived) => {
                Some(warning(Code::ProductArchived, at, format!("product `{id}` is no longer sold")))
            }
            None => {
                let wrong =
                    format!("product `{id}` is not in the catalogue: check its id, or save the product");
                Some(warning(Code::ProductUnknown, at, wrong))
            }
        }
    });
    judged.collect()
}

fn integration(rule: &Rule, found: Option<&Integration>) -> Option<Finding> {
    let id = &rule.integration;
    let Some(found) = found else {
        let wrong = format!("integration {id} does not exist: choose one that is connected");
        // A rule whose account was deleted is switched off and kept, so that it can be given another.
        let severity = if rule.enabled { Severity::Error } else { Severity::Warning };
        return Some(finding(severity, Code::IntegrationMissing, "/integration", wrong));
    };
    if found.app != rule.app {
        return Some(of_other_app(&found.label, found.app, rule.app));
    }
    match &found.connection {
        Connection::Connected => None,
        Connection::NeedsReconnect { .. } => {
            let wrong = format!(
                "integration `{}` must be connected again; until then the rule's actions wait",
                found.label
            );
            Some(warning(Code::IntegrationNeedsReconnect, "/integration", wrong))
        }
    }
}

/// That an account is not of the app that was asked for.
pub fn of_other_app(named: &str, is: App, asked: App) -> Finding {
    let wrong = format!("integration `{named}` is of {is}, not {asked}");
    error(Code::IntegrationOfOtherApp, "/integration", wrong)
}

/// The action of a key.
pub fn action<'c>(manifest: &'c Manifest, key: &str) -> Result<&'c Action, Finding> {
    manifest.action(key).ok_or_else(|| {
        let known: Vec<_> = manifest.actions.iter().map(|action| action.key.as_str()).collect();
        let known = known.join(", ");
        let wrong = format!("action `{key}` does not exist for {}; it has: {known}", manifest.app);
        error(Code::ActionUnknown, "/action", wrong)
    })
}

/// Whether a rule with this action may have this trigger.
pub fn offers(manifest: &Manifest, action: &Action, trigger: Trigger) -> Option<Finding> {
    if manifest.offers(action, trigger) {
        return None;
    }
    let offered = action.triggers.as_ref().unwrap_or(&manifest.triggers);
    let offered: Vec<_> = offered.iter().map(|trigger| trigger.key()).collect();
    let wrong = format!(
        "{} does not offer `{trigger}` for `{}`; it offers: {}",
        manifest.label,
        action.key,
        offered.join(", ")
    );
    Some(error(Code::TriggerNotOffered, "/trigger", wrong))
}

/// A rule's settings with the defaults filled in.
pub fn settings(action: &Action, settings: &Settings) -> Result<Settings, Finding> {
    action.check(settings).map_err(|wrong| {
        let (InvalidSettings::Unknown { key, .. }
        | InvalidSettings::Missing { key, .. }
        | InvalidSettings::Wrong { key, .. }) = &wrong;
        error(Code::SettingInvalid, pointer("/settings", key), wrong.to_string())
    })
}

/// Conditions that cannot be judged, and those that can never hold. One that is not written in full yet is left out, and
/// keeps its place; without a trigger nothing is said of what its fact holds.
pub fn conditions(trigger: Option<Trigger>, drafted: &[Option<&Condition>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut sound: Vec<(usize, &Condition)> = Vec::new();
    for (index, condition) in drafted.iter().enumerate() {
        let Some(condition) = *condition else { continue };
        match condition.check() {
            Ok(()) => sound.push((index, condition)),
            Err(wrong) => {
                let at = format!("/conditions/{index}/value");
                findings.push(error(Code::ConditionInvalid, at, wrong.to_string()));
            }
        }
    }
    findings.extend(conditions::never_hold(trigger, &sound));
    findings
}

/// A pointer to a key below another.
fn pointer(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn finding(severity: Severity, code: Code, field: impl Into<String>, message: String) -> Finding {
    Finding { severity, code, field: field.into(), message }
}

fn error(code: Code, field: impl Into<String>, message: String) -> Finding {
    finding(Severity::Error, code, field, message)
}

fn warning(code: Code, field: impl Into<String>, message: String) -> Finding {
    finding(Severity::Warning, code, field, message)
}

#[cfg(test)]
mod tests;
