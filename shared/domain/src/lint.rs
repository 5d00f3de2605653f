//! Validates a rule before it is saved: errors, and warnings about questionable settings.
//!
//! A rule with an error is not saved, because it could never work as written. A rule with a warning is saved: the
//! merchant may intend it, or may know more than the stored data shows.

mod conditions;
mod overlap;
mod required;
mod target;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use conditions::{TriggerField, fields};

use crate::app::App;
use crate::blank;
use crate::condition::Condition;
use crate::fact::{Product, ProductStatus};
use crate::id::{IntegrationId, ProductId, RuleId};
use crate::integration::{Connection, Integration};
use crate::manifest::{Action, Catalog, InvalidSettings, Manifest};
use crate::options::Lists;
use crate::quote;
use crate::rule::{LONGEST_NAME, MOST_PRODUCTS, Rule, Scope};
use crate::settings::Settings;
use crate::trigger::Trigger;

pub use overlap::RuleIndex;
pub use required::required;

/// An error in a rule, or a warning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Whether the rule can be saved like this.
    pub severity: Severity,
    /// The kind of the finding.
    pub code: Code,
    /// The place in the rule, as a JSON pointer.
    pub field: String,
    /// The problem, and how to correct it.
    pub message: String,
    /// The rule that the problem is about besides this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_rule: Option<OtherRule>,
    /// A further rule that corrects the problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Box<Suggestion>>,
}

/// A stored rule that a finding names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OtherRule {
    /// The rule's id.
    pub id: RuleId,
    /// The merchant's own name for the rule.
    pub name: Option<String>,
}

/// A rule that is not written yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The products that it applies to.
    pub scope: Scope,
    /// The If.
    pub trigger: Trigger,
    /// The account that the action is performed in.
    pub integration: IntegrationId,
    /// The Then.
    pub action: String,
    /// The known settings of the action. Others may be missing.
    pub settings: Settings,
    /// The conditions.
    pub conditions: Vec<Condition>,
    /// Whether the contact is the gift's recipient.
    pub use_gift_recipient: bool,
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The rule is not saved.
    Error,
    /// The rule is saved.
    Warning,
}

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Its settings or conditions are too large to store.
    TooLarge,
    /// Its name is too long, or contains characters that do not print.
    NameInvalid,
    /// It names no product, or too many.
    ProductCount,
    /// It names one product twice.
    ProductTwice,
    /// The product is not in the catalog.
    ProductUnknown,
    /// The product is no longer sold.
    ProductArchived,
    /// The account does not exist.
    IntegrationMissing,
    /// The account belongs to another app.
    IntegrationOfOtherApp,
    /// The account's credentials were refused.
    IntegrationNeedsReconnect,
    /// The app has no such action.
    ActionUnknown,
    /// The action does not accept the value of a setting.
    SettingInvalid,
    /// The option that a setting names no longer exists in the app.
    TargetGone,
    /// The app or the action does not offer the trigger.
    TriggerNotOffered,
    /// The field, operator and value of a condition do not match.
    ConditionInvalid,
    /// A condition can never hold, alone or together with the others.
    ConditionNeverHolds,
    /// Another rule requests the opposite.
    Opposite,
    /// Another rule requests the same.
    Duplicate,
    /// The action requires another action, which no rule requests.
    ActionRequired,
    /// The rule has an account again, and is still off.
    RuleIsOff,
}

/// The stored data that a rule is validated against.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The manifests of the apps.
    pub catalog: &'a Catalog,
    /// The rule's account, if it exists.
    pub integration: Option<&'a Integration>,
    /// The account's option lists.
    pub lists: &'a Lists,
    /// The other rules of the marketplace. Rules of other accounts may be left out.
    pub others: &'a RuleIndex<'a>,
    /// The rule's products that are in the catalog; `None` if the marketplace has no catalog.
    pub products: Option<&'a [Product]>,
}

/// The most bytes of the settings, or of the conditions, as JSON: a rule is stored once for each of its products.
const LARGEST: usize = 16 * 1024;

/// All errors and warnings of a rule.
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

/// Whether no finding is an error.
pub fn can_be_saved(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.severity != Severity::Error)
}

/// The parts of a rule that are too large to store. Such a rule is not validated further: that would take time in
/// proportion to its size.
pub fn oversize(scope: &Scope, settings: &Settings, conditions: &[Condition]) -> Vec<Finding> {
    let scope = Some(self::scope(scope)).filter(|_| scope.products().len() > MOST_PRODUCTS);
    let sizes = [size("/settings", settings), size("/conditions", conditions)];
    scope.into_iter().flatten().chain(sizes.into_iter().flatten()).collect()
}

/// Whether a name is short enough and has printable characters only.
pub fn name(name: Option<&str>) -> Option<Finding> {
    let name = name?;
    let count = name.chars().count();
    let message = if count > LONGEST_NAME {
        format!("the name has {count} characters; the limit is {LONGEST_NAME}: shorten it")
    } else if blank::has_unprintable(name) {
        "the name has a control character or an invisible one, such as a direction mark: remove it".to_owned()
    } else {
        return None;
    };
    Some(error(Code::NameInvalid, "/name", message))
}

/// Whether the number of products is valid and each is named once.
pub fn scope(scope: &Scope) -> Vec<Finding> {
    let Scope::Products { products } = scope else { return Vec::new() };
    if !(1..=MOST_PRODUCTS).contains(&products.len()) {
        let count = products.len();
        let wrong = format!(
            "it names {count} products; a rule names 1 to {MOST_PRODUCTS}: create another rule for the rest"
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

/// Whether settings, or conditions, are too large to store.
pub fn size<T: Serialize + ?Sized>(field: &str, part: &T) -> Option<Finding> {
    let size = serde_json::to_vec(part).map_or(usize::MAX, |json| json.len());
    let wrong = || format!("it has {size} bytes as JSON; the limit is {LARGEST}: create several rules");
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
                    format!("product `{id}` is not in the catalog: check its id, or save the product");
                Some(warning(Code::ProductUnknown, at, wrong))
            }
        }
    });
    judged.collect()
}

fn integration(rule: &Rule, found: Option<&Integration>) -> Option<Finding> {
    let id = &rule.integration;
    let Some(found) = found else {
        let wrong = format!("integration {id} does not exist: choose a connected integration");
        // If a rule's account was deleted, the rule is disabled and kept, so that it can be given another account.
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

/// The finding on a rule whose account was deleted, which disabled it, and that has another account now.
pub fn is_off(rule: &Rule) -> Option<Finding> {
    let wrong = "the rule is disabled since its account was disconnected: enable it";
    (!rule.enabled).then(|| warning(Code::RuleIsOff, "/enabled", wrong.to_owned()))
}

/// The finding that an account belongs to another app than the requested one.
pub fn of_other_app(named: &str, is: App, asked: App) -> Finding {
    let wrong = format!("integration `{named}` belongs to {is}, not {asked}");
    error(Code::IntegrationOfOtherApp, "/integration", wrong)
}

/// The action with a key.
pub fn action<'c>(manifest: &'c Manifest, key: &str) -> Result<&'c Action, Finding> {
    manifest.action(key).ok_or_else(|| {
        let known: Vec<_> = manifest.actions.iter().map(|action| action.key.as_str()).collect();
        let known = known.join(", ");
        let key = quote::short(key);
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

/// Conditions that cannot be judged, and conditions that can never hold. An incomplete condition is skipped and keeps
/// its number. Without a trigger, nothing is assumed about the fields of its fact.
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

/// The JSON pointer of a key below another pointer.
fn pointer(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn finding(severity: Severity, code: Code, field: impl Into<String>, message: String) -> Finding {
    Finding { severity, code, field: field.into(), message, other_rule: None, suggestion: None }
}

fn error(code: Code, field: impl Into<String>, message: String) -> Finding {
    finding(Severity::Error, code, field, message)
}

fn warning(code: Code, field: impl Into<String>, message: String) -> Finding {
    finding(Severity::Warning, code, field, message)
}

#[cfg(test)]
mod tests;
