//! The section `examples` of a definition.
use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::exchange::Refusal;

/// The requests and answers that stand for an app.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// An account's credentials, by key: what a check connects with.
    #[serde(default)]
    pub credentials: BTreeMap<String, String>,
    /// The place of the credential in requests; without it, every request is accepted.
    #[serde(default)]
    pub(super) auth: Option<Auth>,
    /// The answers; the first that matches counts.
    #[serde(default)]
    pub(super) answers: Vec<Row>,
    /// For each action: the settings that a check performs it with.
    #[serde(default)]
    pub actions: BTreeMap<String, Performed>,
}

/// The settings of a check.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Performed {
    /// The settings of the action and its opposite.
    #[serde(default)]
    pub settings: serde_json::Map<String, Value>,
    /// Settings whose target the app does not have.
    #[serde(default)]
    pub unknown: Option<serde_json::Map<String, Value>>,
}

/// The place of a credential.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Auth {
    #[serde(default)]
    pub(super) header: Option<String>,
    #[serde(default)]
    pub(super) query: Option<String>,
    /// The text before the credential, such as `Bearer `.
    #[serde(default)]
    pub(super) prefix: String,
    /// Credentials that are refused.
    #[serde(default)]
    pub(super) refuses: Vec<String>,
    /// The status of a refusal.
    #[serde(default = "unauthorized")]
    pub(super) status: u16,
    /// The body of a refusal.
    #[serde(default)]
    pub(super) refusal: Option<Value>,
}

fn unauthorized() -> u16 {
    401
}

/// A request and its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// The method and the path: `POST /v1/lists/{list}/people`.
    #[serde(deserialize_with = "asked")]
    pub(super) request: String,
    /// Parts of the request and their values: `query.email`, `body.tag.name`. Null: the part is absent.
    #[serde(default)]
    pub(super) with: BTreeMap<String, Value>,
    /// Flags that are set.
    #[serde(default, rename = "if")]
    pub(super) requires: Vec<String>,
    /// Flags of which none is set.
    #[serde(default)]
    pub(super) unless: Vec<String>,
    /// Flags that the request sets.
    #[serde(default)]
    pub(super) sets: Vec<String>,
    /// Flags that the request clears.
    #[serde(default)]
    pub(super) clears: Vec<String>,
    /// The status of the answer.
    #[serde(default = "ok")]
    pub(super) status: u16,
    /// The body of the answer, with parts of the request. In a list, an object with `$if` is left out unless these flags are set.
    #[serde(default)]
    pub(super) json: Option<Value>,
    /// Headers of the answer.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
}

/// Reads a method and a path.
fn asked<'de, D: Deserializer<'de>>(reader: D) -> Result<String, D::Error> {
    let text = String::deserialize(reader)?;
    let is_request = text.split_once(' ').is_some_and(|(method, path)| {
        path.starts_with('/') && ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method)
    });
    if is_request {
        Ok(text)
    } else {
        Err(D::Error::custom(format!("`{text}` is not a method and a path, such as POST /v1/people")))
    }
}

fn ok() -> u16 {
    200
}

impl Examples {
    /// Reads the section from its JSON text.
    ///
    /// # Errors
    /// A field is unknown, missing or of another type; the error names it.
    pub fn read(json: &str) -> Result<Self, Refusal> {
        let mut reader = serde_json::Deserializer::from_str(json);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| Refusal::new(error.to_string()))
    }
}
