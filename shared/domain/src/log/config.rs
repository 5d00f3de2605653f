//! The Configuration Log: who changed what in a marketplace, and what happened to its accounts.

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

/// As many bytes of JSON as an entry repeats of one part of a rule, so that a page of entries fits an answer.
const LARGEST_PART: usize = 4096;

keyed! {
    /// The kind of thing that an entry is about.
    pub enum ConfigKind, "kind", "kinds" {
        /// A connected account; the id is its own.
        Integration = "integration",
        /// A rule; the id is its own.
        Rule = "rule",
        /// A document of rules; the id is its plan's.
        Import = "import",
        /// An erasure of a buyer; the id says nothing of the buyer.
        Erasure = "erasure",
        /// A replay of events; the id is the run's.
        Replay = "replay",
        /// An action that was retried or canceled; the id is its own.
        Action = "action",
        /// An app that was paused or resumed for all marketplaces; the id is its key.
        App = "app",
    }
}

/// One row of the Configuration Log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfigEntry {
    /// When.
    pub at: Timestamp,
    /// The kind of thing.
    pub kind: ConfigKind,
    /// The thing's id.
    pub id: String,
    /// The account, of an account or of a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration: Option<IntegrationId>,
    /// The app, of an account, of a rule or of a pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<App>,
    /// What was done: "Connect App", "Edit Rule".
    pub action: String,
    /// Whether it went well.
    pub ok: bool,
    /// What came of it, in the merchant's words.
    pub message: String,
    /// Who did it. The table sets it.
    #[serde(default)]
    pub author: Author,
    /// The parts that changed, as they were. It has no credentials and nothing of a buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The same parts as they are now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl ConfigEntry {
    /// An entry about a thing of no account.
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

    /// What saving or deleting a rule changes. `None`: nothing.
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

    /// The same with what was there before, and what is there now.
    #[must_use]
    pub fn change(self, before: Option<Value>, after: Option<Value>) -> Self {
        Self { before, after, ..self }
    }

    /// What is said of credentials that the app refused.
    pub fn held(reason: &Reason) -> String {
        let said = reason.message.trim_end_matches('.');
        format!("{said}. Actions wait until the integration is connected again.")
    }
}

/// Those parts of a rule; of a large one, its size.
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
    /// What the Configuration Log shows of an account.
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
        // An option list calls a value otherwise: nobody has changed the rule.
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
