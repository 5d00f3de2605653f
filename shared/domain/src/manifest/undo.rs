//! An action and the action that undoes it, written as one.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error};

use super::{Action, EffectKind, Switch};

/// The action that undoes another one. It switches the same target off, with the settings that name the target.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// Its key.
    pub key: String,
    /// The name that merchants read.
    pub label: String,
    /// A description of the action in one sentence.
    pub description: String,
    /// Explanations of settings that differ, by key.
    #[serde(default)]
    pub help: BTreeMap<String, String>,
}

/// Reads the actions of a file. The action that undoes another one follows it.
pub(super) fn actions<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<Action>, D::Error> {
    let mut actions = Vec::new();
    for mut action in Vec::<Action>::deserialize(reader)? {
        let undo = action.undo.take();
        if let Some(undo) = &undo {
            action.opposite = Some(undo.key.clone());
        }
        let undone = undo.map(|undo| undone(&action, undo)).transpose().map_err(D::Error::custom)?;
        actions.push(action);
        actions.extend(undone);
    }
    Ok(actions)
}

fn undone(action: &Action, undo: Undo) -> Result<Action, String> {
    let EffectKind::State { desired: Switch::On, target } = &action.effect else {
        let key = &action.key;
        return Err(format!("`{key}` has `undo`, so its effect must be a state with `desired: on`"));
    };
    let mut settings = action.settings.clone();
    settings.retain(|setting| target.contains(&setting.key));
    for (key, help) in undo.help {
        let setting = settings.iter_mut().find(|setting| setting.key == key);
        let setting = setting.ok_or_else(|| {
            format!("`undo.help` of `{}` names `{key}`, which is no part of the target", action.key)
        })?;
        setting.help = help;
    }
    Ok(Action {
        key: undo.key,
        label: undo.label,
        description: undo.description,
        opposite: Some(action.key.clone()),
        undo: None,
        requires: Vec::new(),
        effect: EffectKind::State { desired: Switch::Off, target: target.clone() },
        settings,
        triggers: action.triggers.clone(),
        fact: action.fact,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::manifest::Manifest;

    /// A manifest with one action that has these fields too.
    fn read(fields: &Value) -> Result<Manifest, String> {
        let setting = |key: &str| json!({ "key": key, "label": key, "type": "text", "help": "On." });
        let mut action = json!({
            "key": "add", "label": "Add", "description": "Adds.",
            "effect": { "kind": "state", "desired": "on", "target": ["tag"] },
            "settings": [setting("tag"), setting("color")], "triggers": ["product_purchased"],
        });
        for (name, value) in fields.as_object().unwrap() {
            action[name] = value.clone();
        }
        let manifest = json!({
            "app": "kit", "label": "Kit", "description": "Tags.", "category": "crm",
            "mark": { "initials": "K", "color": "blue" }, "methods": [], "triggers": ["product_purchased"], "actions": [action],
        });
        serde_json::from_value(manifest).map_err(|error| error.to_string())
    }

    #[test]
    fn an_action_and_the_one_that_undoes_it_are_opposites_with_the_same_target() {
        let undo = json!({ "key": "remove", "label": "Remove", "description": "Removes.", "help": { "tag": "Off." } });
        let manifest = read(&json!({ "undo": undo, "requires": ["add"] })).unwrap();
        let [add, remove] = manifest.actions.as_slice() else { panic!("two actions") };
        assert_eq!((add.opposite.as_deref(), remove.opposite.as_deref()), (Some("remove"), Some("add")));
        assert_eq!(add.target(), remove.target());
        let help = |action: &Action| -> Vec<_> {
            action.settings.iter().map(|setting| (setting.key.clone(), setting.help.clone())).collect()
        };
        assert_eq!(help(add), [("tag".into(), "On.".into()), ("color".into(), "On.".into())]);
        assert_eq!(help(remove), [("tag".into(), "Off.".into())], "the settings that name the target");
        assert_eq!(remove.triggers, add.triggers);
        assert!(remove.requires.is_empty());
        // A manifest that was written can be read again.
        let written = serde_json::to_value(&manifest).unwrap();
        let again: Manifest = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(again).unwrap(), written);
    }

    #[test]
    fn only_a_state_that_is_switched_on_can_be_undone() {
        let undo = json!({ "key": "remove", "label": "Remove", "description": "Removes." });
        for effect in [
            json!({ "kind": "message", "per": "fact" }),
            json!({ "kind": "state", "desired": "off", "target": ["tag"] }),
        ] {
            let error = read(&json!({ "undo": undo, "effect": effect })).unwrap_err();
            assert!(error.contains("`add` has `undo`"), "{error}");
        }
        let wrong = json!({ "key": "r", "label": "R", "description": "R.", "help": { "color": "Off." } });
        let error = read(&json!({ "undo": wrong })).unwrap_err();
        assert!(error.contains("names `color`, which is no part of the target"), "{error}");
    }
}
