//! Actions that another action requires, such as a contact's subscription to the list in which the contact gets a tag.

use serde_json::Value;

use super::{Code, Finding, Suggestion, warning};
use crate::manifest::{Action, Catalog};
use crate::rule::{Rule, Scope};
use crate::settings::Settings;

/// The actions that a rule's action requires and that no enabled rule of the same account requests for the same trigger,
/// products and conditions; each with the rule that requests it. `others`: the rules of the account.
pub fn required(catalog: &Catalog, rule: &Rule, others: &[Rule]) -> Vec<Finding> {
    let Some(manifest) = catalog.manifest(rule.app) else { return Vec::new() };
    let Some(action) = manifest.action(&rule.action) else { return Vec::new() };
    let required = action.requires.iter().filter_map(|key| manifest.action(key));
    let missing = required.filter(|required| !is_requested(required, rule, others));
    missing.map(|required| finding(action, required, rule)).collect()
}

fn is_requested(required: &Action, rule: &Rule, others: &[Rule]) -> bool {
    let settings = shared_settings(required, rule);
    let requesting: Vec<_> = others
        .iter()
        .filter(|other| {
            other.enabled
                && other.id != rule.id
                && other.integration == rule.integration
                && other.trigger == rule.trigger
                && other.action == required.key
                && other.use_gift_recipient == rule.use_gift_recipient
                && settings.0.iter().all(|(key, value)| other.settings.0.get(key) == Some(value))
                && other.conditions.iter().all(|condition| rule.conditions.contains(condition))
        })
        .collect();
    match &rule.scope {
        Scope::Global => requesting.iter().any(|other| other.scope == Scope::Global),
        Scope::Products { products } => {
            products.iter().all(|product| requesting.iter().any(|other| other.scope.names(product)))
        }
    }
}

/// The settings that name the target of the required action, as far as the rule has them too.
fn shared_settings(required: &Action, rule: &Rule) -> Settings {
    let value = |key: &String| {
        Some((key.clone(), rule.settings.0.get(key).filter(|value| value.is_string())?.clone()))
    };
    let shared: Vec<(String, Value)> = required.target().iter().filter_map(value).collect();
    Settings(shared.into_iter().collect())
}

fn finding(action: &Action, required: &Action, rule: &Rule) -> Finding {
    let message = format!(
        "{} works only for contacts with {}, and no enabled rule requests that for {} and these products: add such a rule",
        action.label,
        required.label,
        rule.trigger.label()
    );
    let suggestion = Suggestion {
        scope: rule.scope.clone(),
        trigger: rule.trigger,
        integration: rule.integration.clone(),
        action: required.key.clone(),
        settings: shared_settings(required, rule),
        conditions: rule.conditions.clone(),
        use_gift_recipient: rule.use_gift_recipient,
    };
    let suggestion = Some(Box::new(suggestion));
    Finding { suggestion, ..warning(Code::ActionRequired, "/action", message) }
}
