//! Option lists, as Refresh pulled them from an app: lists, tags, offers, courses, spaces.

mod lists;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::RuleId;
use crate::manifest::{Action, Manifest, Setting, SettingKind};
use crate::rule::Rule;
use crate::settings::Settings;

pub use lists::Lists;

/// The most options that are stored for one list. A merchant enters any other value by hand.
pub const MOST: usize = 10_000;

/// One option list of an account, as pulled by its last Refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The list's key in the app's manifest.
    pub list: String,
    /// The options.
    pub items: Vec<OptionItem>,
    /// The time at which it was pulled.
    pub at: Timestamp,
    /// Whether the app has more options than [`MOST`].
    pub truncated: bool,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionItem {
    /// The value that a rule stores.
    pub value: String,
    /// The name that merchants read.
    pub label: String,
    /// The value of another list's option that this option belongs to: a tag's audience. `None` if it belongs to no
    /// other option.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

impl OptionItem {
    /// An option that belongs to no other option.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), parent: None }
    }
}

/// An option that a rule names and its app no longer has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The rule.
    pub rule: RuleId,
    /// The setting's label.
    pub setting: String,
    /// The name that the merchant knows, or the value if no name is stored.
    pub name: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, setting, name } = self;
        write!(f, "{setting} `{name}` no longer exists, but rule {rule} uses it: edit the rule.")
    }
}

/// The options that `rules` name and `after` does not have. A setting that accepts values entered by hand may name an
/// option that does not exist yet; its value is missing only if `before` has it.
pub fn missing(manifest: &Manifest, rules: &[Rule], before: &Lists, after: &Lists) -> Vec<Missing> {
    let mut missing = Vec::new();
    for rule in rules {
        let settings =
            manifest.action(&rule.action).map(|action| action.settings.as_slice()).unwrap_or_default();
        for setting in settings.iter().filter(|setting| setting.kind == SettingKind::Option) {
            let Some(new) = after.of(setting).filter(|list| !list.is_cut()) else { continue };
            let old = before.of(setting);
            for value in values(&rule.settings, setting) {
                let known = old.and_then(|old| old.find(value));
                if new.find(value).is_none() && (known.is_some() || !setting.free_text) {
                    let name = known.map_or(value, |known| &known.label).to_owned();
                    missing.push(Missing { rule: rule.id.clone(), setting: setting.label.clone(), name });
                }
            }
        }
    }
    missing
}

/// A rule's settings as they are stored.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settled {
    /// An entered text that is an option's name is replaced by that option's value, so that a tag chosen in one rule
    /// and entered in another is the same for the ledger.
    pub settings: Settings,
    /// The option lists' names of the values, by value.
    pub labels: BTreeMap<String, String>,
}

/// Finds the values of `settings` in the account's lists. `before` contains the names when the rule was last saved: it
/// keeps the name of a value that is no longer listed. `names` are values that are not replaced by an option's value,
/// because the merchant entered them as names.
pub fn settle(
    action: &Action,
    settings: &Settings,
    lists: &Lists,
    before: &BTreeMap<String, String>,
    names: &[String],
) -> Settled {
    let mut settled = Settled { settings: settings.clone(), labels: BTreeMap::new() };
    for setting in action.settings.iter().filter(|setting| setting.kind == SettingKind::Option) {
        let found = values(settings, setting).map(|typed| {
            let is_name = names.iter().any(|name| name.trim() == typed);
            let meant = lists.of(setting).and_then(|list| list.meant(settings, typed, is_name));
            let Some(option) = meant else {
                let name = before.get(typed).filter(|_| !is_name).cloned();
                return (typed.to_owned(), name);
            };
            (option.value.clone(), Some(option.label.clone()))
        });
        let (mut stored, mut seen): (Vec<String>, _) = (Vec::new(), BTreeSet::new());
        for (value, label) in found {
            settled.labels.extend(label.map(|label| (value.clone(), label)));
            if seen.insert(value.clone()) {
                stored.push(value);
            }
        }
        match settled.settings.0.get_mut(&setting.key) {
            Some(Value::Array(list)) => *list = stored.into_iter().map(Value::from).collect(),
            Some(Value::String(text)) => *text = stored.pop().unwrap_or_default(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {}
        }
    }
    settled
}

/// The values that were entered by hand, each with its setting: no option list had them when the rule was saved, so
/// [`settle`] gave them no label.
pub fn typed_values<'a>(
    action: &'a Action,
    settings: &'a Settings,
    labels: &BTreeMap<String, String>,
) -> impl Iterator<Item = (&'a Setting, &'a str)> {
    let may_be = |setting: &&Setting| setting.kind == SettingKind::Option && setting.free_text;
    let all = action.settings.iter().filter(may_be);
    let all = all.flat_map(|setting| values(settings, setting).map(move |value| (setting, value)));
    all.filter(|(_, value)| !labels.contains_key(*value))
}

/// The settings whose value was entered by hand.
pub fn typed(action: &Action, settings: &Settings, labels: &BTreeMap<String, String>) -> BTreeSet<String> {
    typed_values(action, settings, labels).map(|(setting, _)| setting.key.clone()).collect()
}

/// The value of a setting, or each value of a `many` setting.
pub(crate) fn values<'a>(settings: &'a Settings, setting: &Setting) -> impl Iterator<Item = &'a str> {
    let value = settings.0.get(&setting.key);
    let many = value.and_then(Value::as_array).into_iter().flatten();
    value.filter(|value| value.is_string()).into_iter().chain(many).filter_map(Value::as_str).map(str::trim)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::app::App;
    use crate::manifest::Catalog;

    fn pulled(list: &str, items: &[(&str, &str)], truncated: bool) -> Pulled {
        let items = items.iter().map(|(value, label)| OptionItem::new(*value, *label)).collect();
        Pulled { list: list.to_owned(), items, at: Timestamp::UNIX_EPOCH, truncated }
    }

    fn rule(settings: &Value) -> Rule {
        serde_json::from_value(json!({
            "id": "rul_1", "marketplace": "shop-1", "scope": { "kind": "global" },
            "trigger": "product_purchased", "integration": "int_1", "app": "mailchimp", "action": "add_tag",
            "settings": settings, "enabled": true,
        }))
        .unwrap()
    }

    fn missing_of(settings: &Value, before: &[Pulled], after: &[Pulled]) -> Vec<String> {
        let manifest = Catalog::get().manifest(App::MAILCHIMP).unwrap();
        let [before, after] = [before, after].map(|pulled| Lists::from(pulled.to_vec()));
        missing(manifest, &[rule(settings)], &before, &after)
            .into_iter()
            .map(|missing| missing.name)
            .collect()
    }

    #[test]
    fn what_vanished_is_named_as_the_merchant_knew_it() {
        let lists = |audiences: &[(&str, &str)], tags: &[(&str, &str)]| {
            [pulled("audiences", audiences, false), pulled("tags", tags, false)]
        };
        let before = lists(&[("a1", "Customers"), ("a2", "Fans")], &[("VIP", "VIP")]);
        let settings = json!({ "list_id": "a1", "tag": ["vip", "typed by hand"] });
        assert!(missing_of(&settings, &before, &before).is_empty());
        let after = lists(&[("a2", "Fans")], &[]);
        assert_eq!(missing_of(&settings, &before, &after), ["Customers", "VIP"]);
        assert_eq!(missing_of(&settings, &[], &after), ["a1"], "what may be typed was never known");
    }

    fn settled(settings: &Value, lists: &[Pulled], before: &BTreeMap<String, String>) -> Settled {
        let action = Catalog::get().manifest(App::MAILCHIMP).unwrap().action("add_tag").unwrap();
        settle(
            action,
            &serde_json::from_value(settings.clone()).unwrap(),
            &lists.to_vec().into(),
            before,
            &[],
        )
    }

    #[test]
    fn a_typed_name_becomes_the_value_of_the_one_option_that_has_it() {
        let lists = [
            pulled("audiences", &[("a1", "Customers"), ("a2", "Fans"), ("a3", "Fans")], false),
            pulled("tags", &[("7", "VIP"), ("8", "Guest")], false),
        ];
        let typed = json!({ "list_id": " customers ", "tag": ["vip", "7", "new", "new", "guest "] });
        let found = settled(&typed, &lists, &BTreeMap::new());
        assert_eq!(
            serde_json::to_value(&found.settings).unwrap(),
            json!({ "list_id": "a1", "tag": ["7", "new", "8"] })
        );
        let labels: Vec<_> =
            found.labels.iter().map(|(value, label)| (value.as_str(), label.as_str())).collect();
        assert_eq!(labels, [("7", "VIP"), ("8", "Guest"), ("a1", "Customers")]);
        let again = Settled { labels: found.labels.clone(), settings: found.settings.clone() };
        assert_eq!(settled(&serde_json::to_value(&found.settings).unwrap(), &lists, &found.labels), again);
        let ambiguous = settled(&json!({ "list_id": "fans", "tag": ["x"] }), &lists, &BTreeMap::new());
        assert_eq!(ambiguous.settings.text("list_id"), Some("fans"), "two options have that name");
    }

    #[test]
    fn what_was_typed_is_told_from_what_was_chosen() {
        let action = Catalog::get().manifest(App::KIT).unwrap().action("add_tag").unwrap();
        let lists = vec![pulled("tags", &[("2024", "Weekly"), ("7", "VIP")], false)].into();
        let settle = |tag: &str, names: &[&str]| {
            let settings = serde_json::from_value(json!({ "tag": [tag] })).unwrap();
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            let settled = settle(action, &settings, &lists, &BTreeMap::new(), &names);
            let is_typed = typed(action, &settled.settings, &settled.labels).contains("tag");
            (settled.settings.0["tag"][0].clone(), is_typed)
        };
        assert_eq!(settle("2024", &[]), (json!("2024"), false), "the list has the value");
        assert_eq!(settle("2024", &["2024"]), (json!("2024"), true), "the merchant says that it is a name");
        assert_eq!(settle("vip", &["vip"]), (json!("7"), false), "a name that is listed");
        assert_eq!(settle("2025", &[]), (json!("2025"), true), "the list has no such value");
    }

    #[test]
    fn an_option_of_another_parent_is_not_meant_and_a_lost_one_keeps_its_name() {
        let of = |parent: &str, value: &str| OptionItem {
            parent: Some(parent.to_owned()),
            ..OptionItem::new(value, "VIP")
        };
        let tags = Pulled { items: vec![of("a2", "other"), of("a1", "mine")], ..pulled("tags", &[], false) };
        let typed = json!({ "list_id": "a1", "tag": ["VIP", "lost"] });
        let before =
            BTreeMap::from([("lost".to_owned(), "Lost".to_owned()), ("x".to_owned(), "X".to_owned())]);
        let found = settled(&typed, &[tags], &before);
        assert_eq!(found.settings.0["tag"], json!(["mine", "lost"]));
        assert_eq!(found.labels.keys().collect::<Vec<_>>(), ["lost", "mine"]);
    }

    #[test]
    fn of_a_list_that_was_cut_off_nothing_is_missing() {
        let after = [pulled("audiences", &[("a2", "Fans")], true)];
        assert!(missing_of(&json!({ "list_id": "a1", "tag": ["VIP"] }), &[], &after).is_empty());
    }
}
