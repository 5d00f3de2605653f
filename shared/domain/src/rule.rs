//! The If/Then rules that merchants write.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::author::Author;
use crate::condition::Condition;
use crate::digest::digest;
use crate::id::{IntegrationId, MarketplaceId, ProductId, RuleId};
use crate::settings::Settings;
use crate::trigger::Trigger;

/// The most products of one rule: its copies and those of the version before it are written in one transaction.
pub const MOST_PRODUCTS: usize = 49;

/// The most rules of one marketplace: a request reads, compares and writes all of them while the merchant waits.
pub const MOST_RULES: usize = 1_000;

/// The most characters of a rule's name.
pub const LONGEST_NAME: usize = 100;

/// One If/Then rule as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// The marketplace of the rule.
    pub marketplace: MarketplaceId,
    /// The merchant's name for it. Two rules may have the same name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The products that it applies to.
    pub scope: Scope,
    /// The If.
    pub trigger: Trigger,
    /// The account that the action is performed in.
    pub integration: IntegrationId,
    /// That account's app, so that a job finds its queue without reading the integration.
    pub app: App,
    /// The Then: an action of the app's manifest.
    pub action: String,
    /// The action's settings.
    #[serde(default)]
    pub settings: Settings,
    /// The names of the settings' values in the app's option lists when the rule was saved, by value. A value that is
    /// not in here was entered by hand, and never listed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The conditions on the fact; all of them must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Whether each item's contact is its gift recipient, or the buyer if it has none.
    #[serde(default)]
    pub use_gift_recipient: bool,
    /// Whether it fires. A disabled rule is read and gets the verdict `disabled`.
    pub enabled: bool,
    /// The time of its creation. Replacing, enabling, disabling and importing the rule keep it.
    #[serde(default)]
    pub created_at: Timestamp,
    /// The time at which it last began to fire for more facts: its trigger changed, or its scope grew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub widened_at: Option<Timestamp>,
    /// The time at which this version was saved. The table sets it.
    #[serde(default)]
    pub updated_at: Timestamp,
    /// The author of this version. The table sets it; versions that were saved before rules had authors have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<Author>,
}

/// The products that a rule applies to.
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
    /// The named products; empty if the rule is for all products.
    pub fn products(&self) -> &[ProductId] {
        match self {
            Scope::Global => &[],
            Scope::Products { products } => products,
        }
    }

    /// Whether the rule is for this product.
    pub(crate) fn names(&self, product: &ProductId) -> bool {
        match self {
            Scope::Global => true,
            Scope::Products { products } => products.contains(product),
        }
    }

    /// Whether this scope includes every product of another.
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
    /// The parts that a merchant sets.
    pub const PARTS: [&'static str; 9] = [
        "name",
        "products",
        "trigger",
        "integration",
        "action",
        "settings",
        "conditions",
        "use_gift_recipient",
        "enabled",
    ];

    /// The parts that differ in another version of the rule. Labels of setting values are ignored, because merchants do
    /// not set them.
    pub fn differing_parts(&self, other: &Self) -> Vec<&'static str> {
        let differs = [
            self.name != other.name,
            self.scope != other.scope,
            self.trigger != other.trigger,
            self.integration != other.integration || self.app != other.app,
            self.action != other.action,
            self.settings != other.settings,
            self.conditions != other.conditions,
            self.use_gift_recipient != other.use_gift_recipient,
            self.enabled != other.enabled,
        ];
        Self::PARTS.into_iter().zip(differs).filter_map(|(part, differs)| differs.then_some(part)).collect()
    }

    /// Makes this rule, saved at `now`, the next version of the rule that it replaces.
    pub fn take_place_of(&mut self, before: Option<&Self>, now: Timestamp) {
        let Some(before) = before else { return };
        let fires_for_more = self.trigger != before.trigger || !before.scope.contains(&self.scope);
        self.created_at = before.created_at;
        self.widened_at = if fires_for_more { Some(now) } else { before.widened_at };
    }

    /// A digest of the rule's content, which differs after each change. It does not include the times and the author, so
    /// that the plan of an import always has the same digest.
    pub fn etag(&self) -> String {
        let never = Timestamp::UNIX_EPOCH;
        let said =
            Self { created_at: never, updated_at: never, widened_at: None, changed_by: None, ..self.clone() };
        let digest: [u8; 12] =
            digest(&[&serde_json::to_value(said).map(|rule| sorted(&rule)).unwrap_or_default()]);
        data_encoding::HEXLOWER.encode(&digest)
    }

    /// Whether the rule was created, or widened, after a time. A repetition of an earlier event does not fire such a
    /// rule, which did not apply to the event when it occurred.
    pub fn is_newer_than(&self, time: Timestamp) -> bool {
        self.widened_at.unwrap_or(self.created_at) > time
    }
}

/// JSON with its keys sorted.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> = fields.iter().map(|(key, value)| (key, sorted(value))).collect();
            format!("{fields:?}")
        }
        Value::Array(list) => format!("{:?}", list.iter().map(sorted).collect::<Vec<_>>()),
        // DynamoDB returns 4900 for 4900.0.
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
        let by = Some(Author::Operator);
        let later =
            Rule { created_at: at, updated_at: at, widened_at: Some(at), changed_by: by, ..one.clone() };
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
