//! What an app offers to choose from, as Refresh pulled it: lists, tags, offers, courses, spaces.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::RuleId;
use crate::manifest::{Manifest, Setting, SettingKind};
use crate::rule::Rule;

/// The most that is kept of one option list. Beyond it a merchant types the value.
pub const MOST: usize = 10_000;

/// One of an account's option lists, as it was at its last Refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The list's key in the app's manifest.
    pub list: String,
    /// What can be chosen.
    pub items: Vec<OptionItem>,
    /// When it was pulled.
    pub at: Timestamp,
    /// Whether the app has more than [`MOST`].
    pub truncated: bool,
}

/// One thing to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionItem {
    /// What a rule stores.
    pub value: String,
    /// The name that a merchant reads.
    pub label: String,
    /// The value, in another list of the app's, that it belongs to: a tag's audience. Absent where it stands by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

impl OptionItem {
    /// One that stands by itself.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), parent: None }
    }
}

/// Something that a rule names and its app does not have (any more).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The rule.
    pub rule: RuleId,
    /// The setting's label.
    pub setting: String,
    /// What the merchant knows it as, or its value where nobody knows more.
    pub name: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, setting, name } = self;
        write!(f, "{setting} `{name}` is gone, and rule {rule} uses it: edit the rule.")
    }
}

/// What `rules` name and `after` does not have. A setting that may be typed by hand may name what does not exist yet; it is
/// missing only where it was there `before`.
pub fn missing(manifest: &Manifest, rules: &[Rule], before: &[Pulled], after: &[Pulled]) -> Vec<Missing> {
    let mut missing = Vec::new();
    for rule in rules {
        let settings =
            manifest.action(&rule.action).map(|action| action.settings.as_slice()).unwrap_or_default();
        for setting in settings.iter().filter(|setting| setting.kind == SettingKind::Option) {
            let Some(new) = list(after, setting).filter(|list| !list.truncated) else { continue };
            let old = list(before, setting);
            for value in values(rule, setting) {
                let known = old.and_then(|old| find(old, value));
                if find(new, value).is_none() && (known.is_some() || !setting.free_text) {
                    let name = known.map_or(value, |known| &known.label).to_owned();
                    missing.push(Missing { rule: rule.id.clone(), setting: setting.label.clone(), name });
                }
            }
        }
    }
    missing
}

fn list<'a>(lists: &'a [Pulled], setting: &Setting) -> Option<&'a Pulled> {
    lists.iter().find(|pulled| setting.options.as_deref() == Some(&pulled.list))
}

fn find<'a>(list: &'a Pulled, value: &str) -> Option<&'a OptionItem> {
    list.items.iter().find(|item| item.value.to_lowercase() == value.to_lowercase())
}

/// The one value of a setting, or each of its several.
fn values<'a>(rule: &'a Rule, setting: &Setting) -> impl Iterator<Item = &'a str> {
    let value = rule.settings.0.get(&setting.key);
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
        let manifest = Catalog::built_in().manifest(App::Mailchimp).unwrap();
        missing(manifest, &[rule(settings)], before, after).into_iter().map(|missing| missing.name).collect()
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

    #[test]
    fn of_a_list_that_was_cut_off_nothing_is_missing() {
        let after = [pulled("audiences", &[("a2", "Fans")], true)];
        assert!(missing_of(&json!({ "list_id": "a1", "tag": ["VIP"] }), &[], &after).is_empty());
    }
}
