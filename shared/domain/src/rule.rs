//! The If/Then rules that merchants write.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::app::App;
use crate::condition::Condition;
use crate::id::{IntegrationId, MarketplaceId, ProductId, RuleId};
use crate::trigger::Trigger;

/// One If/Then rule, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Whose rule it is.
    pub marketplace: MarketplaceId,
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
    /// What must hold of the fact; all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Whether the contact is the item's gift recipient, where there is one.
    #[serde(default)]
    pub use_gift_recipient: bool,
    /// A rule that is not enabled is read and gets the verdict `disabled`.
    pub enabled: bool,
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

/// An action's settings by key: text, true or false, or (in a rule, for `many` settings) a list of text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(pub Map<String, Value>);

impl Settings {
    /// The text under a key; blank text counts as absent.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The switch under a key; off where there is none.
    pub fn flag(&self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }
}
