//! Manifests: an app's credentials, actions with their settings, triggers and option lists, as data.
//!
//! An app's manifest is in its connector's folder; the [`Catalog`] contains all of them.

mod apps;
mod catalog;
mod method;
mod presentation;
mod undo;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::app::App;
use crate::quote;
use crate::settings::Settings;
use crate::trigger::Trigger;

pub use catalog::{Catalog, InvalidCatalog};
pub use method::{ClientAuth, Credential, Format, Method, OAuth, Rate, TokenKind};
pub use presentation::{Category, Color, Mark};
pub use undo::Undo;

/// The manifest of one app.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The app.
    #[serde(deserialize_with = "catalog::own_key")]
    pub app: App,
    /// The name that merchants read.
    pub label: String,
    /// A description of the app in one sentence.
    pub description: String,
    /// The kind of app.
    pub category: Category,
    /// The requirements besides an account, such as a plan or a permission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Behaviour of the app that surprises merchants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traps: Vec<String>,
    /// The sign that represents the app where there is no room for its name.
    pub mark: Mark,
    /// The ways to connect an account, the recommended one first.
    pub methods: Vec<Method>,
    /// The triggers that its rules may have.
    pub triggers: Vec<Trigger>,
    /// The option lists, pulled from the app by Refresh.
    #[serde(default)]
    pub option_lists: Vec<OptionList>,
    /// The actions that it offers.
    #[serde(deserialize_with = "undo::actions")]
    pub actions: Vec<Action>,
    /// How the app is called, for an app without code of its own; the declared connector reads it.
    #[serde(default, skip_serializing)]
    pub call: Option<Box<RawValue>>,
    /// Recorded requests and responses, which the tests of such an app replay.
    #[serde(default, skip_serializing)]
    pub examples: Option<Box<RawValue>>,
}

/// An option list of the app.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionList {
    /// Its key.
    pub key: String,
    /// The name that merchants read.
    pub label: String,
}

/// The Then of a rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Its key.
    pub key: String,
    /// The name that merchants read.
    pub label: String,
    /// A description of the action in one sentence.
    pub description: String,
    /// The key of the action that undoes it.
    #[serde(default)]
    pub opposite: Option<String>,
    /// In a file only: the action that undoes it, which has everything else in common with it. A manifest that was read has it as
    /// an action of its own.
    #[serde(default, skip_serializing)]
    pub undo: Option<Undo>,
    /// The keys of the actions that must have been performed for the contact, or the app rejects this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// The change that it makes, for the effect ledger.
    pub effect: EffectKind,
    /// The settings that a rule gives it.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// The triggers that the action offers, among the app's; all of them if absent.
    #[serde(default)]
    pub triggers: Option<Vec<Trigger>>,
    /// Whether its jobs have the fact's detail. Those of a message always have it.
    #[serde(default)]
    pub fact: bool,
}

/// The change that an action makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum EffectKind {
    /// A state of the contact that is on or off. The opposite action switches the same state.
    State {
        /// The state after the action.
        desired: Switch,
        /// The settings that name the switched thing.
        target: Vec<String>,
    },
    /// A message that is sent once.
    Message {
        /// The number of messages for one fact.
        per: Per,
    },
}

/// The state that an action sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// Added, granted, enrolled.
    On,
    /// Removed, revoked.
    Off,
}

/// The number of messages for one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Once for each order line.
    Line,
    /// Once for the fact.
    Fact,
}

/// One setting of an action.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Its key.
    pub key: String,
    /// The name that merchants read.
    pub label: String,
    /// An explanation of the setting.
    #[serde(default)]
    pub help: String,
    /// The type of its value.
    #[serde(rename = "type")]
    pub kind: SettingKind,
    /// The option list to choose from, for `option`.
    #[serde(default)]
    pub options: Option<String>,
    /// The values to choose from, for `choice`.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// Whether a rule has a list of values, each of which becomes a job of its own.
    #[serde(default)]
    pub many: bool,
    /// Whether a merchant may enter a value that is not in the option list.
    #[serde(default)]
    pub free_text: bool,
    /// Whether a rule must give a value.
    #[serde(default)]
    pub required: bool,
    /// The value if the rule gives none.
    #[serde(default)]
    pub default: Option<Value>,
}

/// The type of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// Any text.
    Text,
    /// True or false.
    Boolean,
    /// One of the manifest's own values.
    Choice,
    /// One of an option list's values.
    Option,
}

/// One of a setting's values.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The value that is stored.
    pub value: String,
    /// The name that merchants read.
    pub label: String,
}

/// Settings that an action does not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// A key that the action does not have.
    #[error("setting `{key}` does not exist for `{action}`; it takes: {known}")]
    Unknown {
        /// The given key.
        key: String,
        /// The action.
        action: String,
        /// The valid keys.
        known: String,
    },
    /// A required setting that is missing.
    #[error("setting `{key}` ({label}) is required for `{action}`")]
    Missing {
        /// The key.
        key: String,
        /// Its label.
        label: String,
        /// The action.
        action: String,
    },
    /// A value of the wrong type.
    #[error("setting `{key}` is `{value}`, which must be {expected}")]
    Wrong {
        /// The key.
        key: String,
        /// The given value.
        value: String,
        /// The values that are accepted.
        expected: String,
    },
}

impl Manifest {
    /// The action with a key.
    pub fn action(&self, key: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.key == key)
    }

    /// The connection method with a key.
    pub fn method(&self, key: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.key == key)
    }

    /// Whether a rule with this action may have this trigger.
    pub fn offers(&self, action: &Action, trigger: Trigger) -> bool {
        action.triggers.as_ref().unwrap_or(&self.triggers).contains(&trigger)
    }
}

impl Action {
    /// Whether its jobs have the fact's detail.
    pub fn reads_fact(&self) -> bool {
        self.fact || matches!(self.effect, EffectKind::Message { .. })
    }

    /// The settings that name the action's target, such as a list and a tag; none for a message.
    pub fn target(&self) -> &[String] {
        match &self.effect {
            EffectKind::State { target, .. } => target,
            EffectKind::Message { .. } => &[],
        }
    }

    /// Checks a rule's settings against the action's, and fills in the defaults.
    pub fn check(&self, settings: &Settings) -> Result<Settings, InvalidSettings> {
        if let Some(key) = settings.0.keys().find(|key| !self.settings.iter().any(|s| s.key == **key)) {
            let known: Vec<_> = self.settings.iter().map(|setting| setting.key.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(InvalidSettings::Unknown { key: quote::short(key), action: self.key.clone(), known });
        }
        let mut checked = settings.clone();
        for setting in &self.settings {
            match (settings.0.get(&setting.key), &setting.default) {
                (Some(value), _) => setting.check(value)?,
                (None, Some(default)) => {
                    checked.0.insert(setting.key.clone(), default.clone());
                }
                (None, None) if setting.required => {
                    return Err(InvalidSettings::Missing {
                        key: setting.key.clone(),
                        label: setting.label.clone(),
                        action: self.key.clone(),
                    });
                }
                (None, None) => {}
            }
        }
        Ok(checked)
    }
}

impl Setting {
    fn check(&self, value: &Value) -> Result<(), InvalidSettings> {
        let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
        let (fits, expected) = match (self.kind, self.many) {
            (SettingKind::Boolean, _) => (value.is_boolean(), "true or false".to_owned()),
            (SettingKind::Choice, _) => {
                let values: Vec<_> = self.choices.iter().map(|choice| choice.value.as_str()).collect();
                (
                    value.as_str().is_some_and(|text| values.contains(&text)),
                    format!("one of: {}", values.join(", ")),
                )
            }
            (SettingKind::Text | SettingKind::Option, true) => (
                value
                    .as_array()
                    .is_some_and(|list| (1..=MOST_TARGETS).contains(&list.len()) && list.iter().all(is_text)),
                format!("a list of 1 to {MOST_TARGETS} texts"),
            ),
            (SettingKind::Text | SettingKind::Option, false) => {
                (is_text(value), "a text that is not blank".to_owned())
            }
        };
        if fits {
            Ok(())
        } else {
            Err(InvalidSettings::Wrong {
                key: self.key.clone(),
                value: quote::short(&value.to_string()),
                expected,
            })
        }
    }
}

/// The most values of a `many` setting: each is a job for each contact.
pub const MOST_TARGETS: usize = 100;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(value: Value) -> Settings {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn every_app_has_a_manifest_that_holds_together() {
        for manifest in Catalog::get().all() {
            assert!((1..=2).contains(&manifest.mark.initials.chars().count()), "{}", manifest.mark.initials);
            for action in &manifest.actions {
                let opposite = action.opposite.as_ref().map(|key| manifest.action(key).expect(key));
                match (&action.effect, opposite.map(|other| &other.effect)) {
                    (
                        EffectKind::State { desired, target },
                        Some(EffectKind::State { desired: undone, target: same }),
                    ) => {
                        assert_ne!(desired, undone, "{} and its opposite", action.key);
                        assert_eq!(target, same, "{} and its opposite", action.key);
                    }
                    (EffectKind::State { .. } | EffectKind::Message { .. }, None) => {}
                    pair => panic!("{}: {pair:?}", action.key),
                }
                // The description tells merchants of the same actions as `requires` tells the lint.
                let told = action.description.contains("add a rule with");
                assert_eq!(told, !action.requires.is_empty(), "{}: {}", manifest.label, action.key);
                for key in &action.requires {
                    let required = manifest.action(key).expect(key);
                    assert!(action.description.contains(&required.label), "{}: {key}", action.key);
                }
                if let EffectKind::State { target, .. } = &action.effect {
                    for key in target {
                        assert!(action.settings.iter().any(|setting| setting.key == *key), "{key}");
                    }
                }
                for setting in &action.settings {
                    // Jobs of one rule differ in the thing that they switch; the ledger relies on that.
                    let told_apart = matches!(&action.effect, EffectKind::State { target, .. } if target.contains(&setting.key));
                    assert!(!setting.many || told_apart, "{}: {}", action.key, setting.key);
                    let offered = setting
                        .options
                        .as_ref()
                        .is_none_or(|key| manifest.option_lists.iter().any(|list| list.key == *key));
                    assert!(offered, "{}: {}", action.key, setting.key);
                }
            }
        }
    }

    #[test]
    fn bad_settings_get_an_error_that_names_the_field_and_the_way_out() {
        let manifest = Catalog::get().manifest(App::MAILCHIMP).unwrap();
        let action = manifest.action("add_to_list").unwrap();
        let message = |value| action.check(&settings(value)).unwrap_err().to_string();
        assert!(message(json!({"list_id": "a", "lst": 1})).starts_with("setting `lst` does not exist"));
        assert!(message(json!({})).contains("`list_id`"));
        assert!(message(json!({"list_id": 7})).contains("`7`"));
        assert!(message(json!({"list_id": "a", "double_opt_in": "yes"})).contains("true or false"));
    }

    #[test]
    fn defaults_are_filled_in() {
        let manifest = Catalog::get().manifest(App::MAILCHIMP).unwrap();
        let checked =
            manifest.action("add_to_list").unwrap().check(&settings(json!({"list_id": "a"}))).unwrap();
        assert_eq!(checked.0["double_opt_in"], json!(false));
    }
}
