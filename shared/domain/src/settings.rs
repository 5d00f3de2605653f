//! The settings that a rule gives its action.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An action's settings by key: text, true or false, or (in a rule, for `many` settings) a list of text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(pub Map<String, Value>);

impl Settings {
    /// The text of a setting; blank text counts as absent.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The boolean of a setting; false if absent.
    pub fn flag(&self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }
}
