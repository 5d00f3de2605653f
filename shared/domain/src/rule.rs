//! The If/Then rules that merchants write.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::condition::Condition;
use crate::id::{IntegrationId, MarketplaceId, ProductId, RuleId, digest};
use crate::settings::Settings;
use crate::trigger::Trigger;

/// As many products can one rule name: its copies and those of the rule before it are written in one transaction.
pub const MOST_PRODUCTS: usize = 49;

/// As many rules may one marketplace have: so many are read, held against each other and written while somebody waits.
pub const MOST_RULES: usize = 1_000;

/// As many characters may a rule's name have.
pub const LONGEST_NAME: usize = 100;

/// One If/Then rule, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Whose rule it is.
    pub marketplace: MarketplaceId,
    /// The merchant's own name for it. Two rules may have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Which products it applies to.
    pub scope: Scope,
    /// The If.
    pub trigger: Trigger,
    /// The account that the action is performed in.
    pub integration: IntegrationId,
    /// That account's app, so that a job finds its queue without reading the integration.
    pub app: App,
    /// The Then: an action of the app's manifest.
    pub action: String,
    /// What the action needs to know.
    #[serde(default)]
    pub settings: Settings,
    /// What the app's option lists called the values in the settings when the rule was saved, by value: what is not in
    /// here was typed by hand, and never listed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What must hold of the fact; all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Whether each item's contact is its gift recipient, where it has one, and the buyer where it has none.
    #[serde(default)]
    pub use_gift_recipient: bool,
    /// A rule that is not enabled is read and gets the verdict `disabled`.
    pub enabled: bool,
    /// When the rule was created. Replacing it, switching it and importing it again keep this.
    #[serde(default)]
    pub created_at: Timestamp,
    /// When it last began to fire for more: its trigger changed, or its scope grew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub widened_at: Option<Timestamp>,
    /// When this version of it was saved. The table sets it.
    #[serde(default)]
    pub updated_at: Timestamp,
}

/// Which products a rule applies to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Scope {
    /// Every product of the marketplace.
    Global,
    /// The products named.
    Products {
        /// At least one.
        products: Vec<ProductId>,
    },
}

impl Scope {
    /// The products that are named; none where it is for all.
    pub fn products(&self) -> &[ProductId] {
        match self {
            Scope::Global => &[],
            Scope::Products { products } => products,
        }
    }

    /// Whether every product of another scope is one of this.
    fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Scope::Global, _) => true,
            (Scope::Products { .. }, Scope::Global) => false,
            (Scope::Products { products: all }, Scope::Products { products }) => {
                products.iter().all(|product| all.contains(product))
            }
        }
    }
}

impl Rule {
    /// Makes this rule, which is saved at `now`, the next version of the one that it replaces.
    pub fn take_place_of(&mut self, before: Option<&Self>, now: Timestamp) {
        let Some(before) = before else { return };
        let fires_for_more = self.trigger != before.trigger || !before.scope.contains(&self.scope);
        self.created_at = before.created_at;
        self.widened_at = if fires_for_more { Some(now) } else { before.widened_at };
    }

    /// A digest of what the rule says, which differs after each change. The times are not part of it: the plan of an import
    /// has the same digest whenever it is made.
    pub fn etag(&self) -> String {
        let never = Timestamp::UNIX_EPOCH;
        let said = Self { created_at: never, updated_at: never, widened_at: None, ..self.clone() };
        let digest: [u8; 12] =
            digest(&[&serde_json::to_value(said).map(|rule| sorted(&rule)).unwrap_or_default()]);
        data_encoding::HEXLOWER.encode(&digest)
    }

    /// Whether the rule was created, or widened, after a time. Such a rule is not fired by a repetition of an event of
    /// before: it would act on an old fact that it did not apply to.
    pub fn is_newer_than(&self, time: Timestamp) -> bool {
        self.widened_at.unwrap_or(self.created_at) > time
    }
}

/// JSON with its keys in order, however they are kept.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> = fields.iter().map(|(key, value)| (key, sorted(value))).collect();
            format!("{fields:?}")
        }
        Value::Array(list) => format!("{:?}", list.iter().map(sorted).collect::<Vec<_>>()),
        // DynamoDB gives back 4900 for 4900.0.
        Value::Number(number) => format!("{:?}", number.as_f64()),
        scalar @ (Value::Null | Value::Bool(_) | Value::String(_)) => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_etag_follows_the_content_and_nothing_else() {
        let rule = |settings: &str, enabled: bool| -> Rule {
            let settings: Value = serde_json::from_str(settings).unwrap();
            serde_json::from_value(json!({
                "id": "rul_1", "marketplace": "demo", "scope": { "kind": "global" }, "trigger": "product_purchased",
                "integration": "int_1", "app": "mailchimp", "action": "add_to_list", "settings": settings,
                "conditions": [{ "field": "amount", "operator": "equals", "value": 4900.0 }], "enabled": enabled,
            }))
            .unwrap()
        };
        let one = rule(r#"{ "a": "1", "b": "2" }"#, true);
        assert_eq!(one.etag(), rule(r#"{ "b": "2", "a": "1" }"#, true).etag());
        assert_ne!(one.etag(), rule(r#"{ "a": "1", "b": "2" }"#, false).etag());
        assert_ne!(one.etag(), rule(r#"{ "a": "1\", \"b\": \"2" }"#, true).etag());
        assert_eq!(one.etag().len(), 24);
        let at = "2026-05-04T10:00:00Z".parse().unwrap();
        let later = Rule { created_at: at, updated_at: at, widened_at: Some(at), ..one.clone() };
        assert_eq!(one.etag(), later.etag());
        assert_ne!(one.etag(), Rule { name: Some("Buyers".to_owned()), ..one.clone() }.etag());
    }

    #[test]
    fn a_rule_is_as_new_as_the_change_that_made_it_fire_for_more() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let of = |trigger: &str, products: Option<&[&str]>| -> Rule {
            let scope = match products {
                Some(products) => json!({ "kind": "products", "products": products }),
                None => json!({ "kind": "global" }),
            };
            serde_json::from_value(json!({
                "id": "rul_1", "marketplace": "demo", "scope": scope, "trigger": trigger, "integration": "int_1",
                "app": "mailchimp", "action": "add_to_list", "enabled": true, "created_at": at(100),
            }))
            .unwrap()
        };
        let two = || of("product_purchased", Some(&["rye", "spelt"]));
        for (before, after, is_newer) in [
            (two(), two(), false),
            (two(), Rule { enabled: false, action: "remove_from_list".to_owned(), ..two() }, false),
            (two(), of("product_purchased", Some(&["rye"])), false),
            (of("product_purchased", None), two(), false),
            (two(), of("product_purchased", None), true),
            (two(), of("product_purchased", Some(&["rye", "wheat"])), true),
            (two(), of("upsell_purchased", Some(&["rye"])), true),
        ] {
            let mut saved = Rule { created_at: at(300), ..after };
            saved.take_place_of(Some(&before), at(300));
            assert_eq!((saved.created_at, saved.is_newer_than(at(200))), (at(100), is_newer), "{saved:?}");
            let mut again = Rule { widened_at: None, ..saved.clone() };
            again.take_place_of(Some(&saved), at(400));
            assert_eq!(again, saved, "it is no wider than before");
        }
    }
}
