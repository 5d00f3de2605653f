//! The Configuration Log: changes of a marketplace's accounts, rules and actions, with their authors.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::app::App;
use crate::author::Author;
use crate::id::{IntegrationId, JobId};
use crate::integration::Integration;
use crate::keyed::keyed;
use crate::outcome::Reason;
use crate::rule::Rule;

/// The maximum size of a rule's part in an entry, in bytes of JSON, so that a page of entries fits in a response.
const LARGEST_PART: usize = 4096;

keyed! {
    /// The kind of object that an entry is about.
    pub enum ConfigKind, "kind", "kinds" {
        /// A connected account; the id is the account's.
        Integration = "integration",
        /// A rule; the id is the rule's.
        Rule = "rule",
        /// An import of rules; the id is its plan's.
        Import = "import",
        /// An erasure of a buyer; the id does not identify the buyer.
        Erasure = "erasure",
        /// A replay of events; the id is the run's.
        Replay = "replay",
        /// An action that was retried or canceled; the id is the action's.
        Action = "action",
        /// An app that was paused or resumed for all marketplaces; the id is the app's key.
        App = "app",
    }
}

/// One record of the Configuration Log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfigEntry {
    /// The time of the entry.
    pub at: Timestamp,
    /// The kind of object.
    pub kind: ConfigKind,
    /// The object's id.
    pub id: String,
    /// The account's id, if the object is an account or a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration: Option<IntegrationId>,
    /// The app, if the object is an account, a rule or an app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<App>,
    /// The operation: "Connect App", "Edit Rule".
    pub action: String,
    /// Whether it succeeded.
    pub ok: bool,
    /// The result, in the merchant's words.
    pub message: String,
    /// The author. The store sets it when it writes the entry.
    #[serde(default)]
    pub author: Author,
    /// The changed parts before the change, without credentials and without data of a buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The same parts after the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl ConfigEntry {
    /// An entry about an object that does not belong to an account.
    pub fn new(
        kind: ConfigKind,
        id: impl Into<String>,
        action: &str,
        message: String,
        at: Timestamp,
    ) -> Self {
        Self {
            at,
            kind,
            id: id.into(),
            integration: None,
            app: None,
            action: action.to_owned(),
            ok: true,
            message,
            author: Author::default(),
            before: None,
            after: None,
        }
    }

    /// An entry about an account.
    pub fn of_account(
        id: &IntegrationId,
        app: App,
        action: &str,
        result: Result<String, String>,
        at: Timestamp,
    ) -> Self {
        let ok = result.is_ok();
        let message = result.unwrap_or_else(|failed| failed);
        let (integration, app) = (Some(id.clone()), Some(app));
        Self { integration, app, ok, ..Self::new(ConfigKind::Integration, id.as_str(), action, message, at) }
    }

    /// An entry about an action that is retried or canceled.
    pub fn of_action(id: JobId, action: &str, message: &str, at: Timestamp) -> Self {
        Self::new(ConfigKind::Action, id.to_string(), action, message.to_owned(), at)
    }

    /// An entry about a rule that is saved or deleted; `None` if no part of it changes.
    pub fn of_rule(before: Option<&Rule>, after: Option<&Rule>, at: Timestamp) -> Option<Self> {
        let rule = after.or(before)?;
        let (parts, action, message) = match (before, after) {
            (Some(before), Some(after)) => match after.differing_parts(before) {
                parts if parts.is_empty() => return None,
                parts if parts == ["enabled"] && after.enabled => {
                    (parts, "Enable Rule", "Rule enabled.".to_owned())
                }
                parts if parts == ["enabled"] => (parts, "Disable Rule", "Rule disabled.".to_owned()),
                parts => {
                    let message = format!("Rule changed: {}.", parts.join(", "));
                    (parts, "Edit Rule", message)
                }
            },
            (None, _) => (Rule::PARTS.to_vec(), "Create Rule", "Rule created.".to_owned()),
            (_, None) => (Rule::PARTS.to_vec(), "Delete Rule", "Rule deleted.".to_owned()),
        };
        Some(Self {
            integration: Some(rule.integration.clone()),
            app: Some(rule.app),
            before: before.map(|rule| excerpt(rule, &parts)),
            after: after.map(|rule| excerpt(rule, &parts)),
            ..Self::new(ConfigKind::Rule, rule.id.as_str(), action, message, at)
        })
    }

    /// Adds the changed parts before and after the change.
    #[must_use]
    pub fn change(self, before: Option<Value>, after: Option<Value>) -> Self {
        Self { before, after, ..self }
    }

    /// The message for credentials that the app refused.
    pub fn held(reason: &Reason) -> String {
        let said = reason.message.trim_end_matches('.');
        format!("{said}. Actions wait until the integration is connected again.")
    }
}

/// The named parts of a rule. A part that is too large is replaced by its size.
fn excerpt(rule: &Rule, parts: &[&str]) -> Value {
    let json = serde_json::to_value(rule).unwrap_or_default();
    let shown = parts.iter().filter_map(|part| {
        let part = if *part == "products" { "scope" } else { part };
        let value = json.get(part).filter(|value| !value.is_null())?;
        let size = value.to_string().len();
        let value = if size > LARGEST_PART { format!("{size} bytes of JSON").into() } else { value.clone() };
        Some((part.to_owned(), value))
    });
    Value::Object(shown.collect::<Map<_, _>>())
}

impl Integration {
    /// The parts of an account that the Configuration Log shows.
    pub fn excerpt(&self) -> Value {
        serde_json::json!({ "label": self.label, "method": self.method })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(change: &Value) -> Rule {
        let mut rule = json!({
            "id": "rul_1", "marketplace": "m", "name": "Buyers", "scope": { "kind": "global" },
            "trigger": "order_completed", "integration": "int_1", "app": "webhook", "action": "tell",
            "settings": { "list": "a" }, "labels": { "a": "A" }, "enabled": true,
        });
        rule.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value(rule).unwrap()
    }

    #[test]
    fn an_entry_of_a_rule_names_the_change_and_repeats_the_parts_that_changed() {
        let (made, at) = (rule(&json!({})), Timestamp::UNIX_EPOCH);
        let of = |before: Option<&Rule>, after: Option<Value>| {
            let after = after.as_ref().map(rule);
            let entry = ConfigEntry::of_rule(before, after.as_ref(), at)?;
            assert_eq!((entry.kind, entry.id.as_str(), entry.ok), (ConfigKind::Rule, "rul_1", true));
            Some((entry.action, entry.message, entry.before, entry.after))
        };
        let all = json!({
            "name": "Buyers", "scope": { "kind": "global" }, "trigger": "order_completed",
            "integration": "int_1", "action": "tell", "settings": { "list": "a" },
            "use_gift_recipient": false, "enabled": true,
        });
        let said = |action: &str, message: &str, before, after| {
            Some((action.to_owned(), message.to_owned(), before, after))
        };
        let of_made = |after| of(Some(&made), Some(after));
        assert_eq!(of(None, Some(json!({}))), said("Create Rule", "Rule created.", None, Some(all.clone())));
        assert_eq!(of(Some(&made), None), said("Delete Rule", "Rule deleted.", Some(all), None));
        // An option list has another name for a value: the merchant has changed no part.
        assert_eq!(of_made(json!({ "labels": { "a": "B" }, "updated_at": "2026-11-22T04:00:00Z" })), None);
        let (on, off) = (Some(json!({ "enabled": true })), Some(json!({ "enabled": false })));
        assert_eq!(
            of_made(json!({ "enabled": false })),
            said("Disable Rule", "Rule disabled.", on.clone(), off.clone())
        );
        let disabled = rule(&json!({ "enabled": false }));
        assert_eq!(of(Some(&disabled), Some(json!({}))), said("Enable Rule", "Rule enabled.", off, on));
        let products = json!({ "kind": "products", "products": ["rye"] });
        assert_eq!(
            of_made(json!({ "name": null, "scope": products })),
            said(
                "Edit Rule",
                "Rule changed: name, products.",
                Some(json!({ "name": "Buyers", "scope": { "kind": "global" } })),
                Some(json!({ "scope": products })),
            )
        );
        let large = of_made(json!({ "settings": { "list": "x".repeat(LARGEST_PART) } })).unwrap().3;
        assert_eq!(large, Some(json!({ "settings": "4107 bytes of JSON" })));
    }
}
