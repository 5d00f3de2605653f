//! The definition of an app's calls: the section `call` of its file.
//!
//! `README.md` in the folder above is the reference for authors. Every type refuses fields that it does not have, and
//! [`Definition::read`] returns all problems of a file at once, each with its place.

mod answer;
mod condition;
mod ordered;
mod paging;
mod step;
mod tree;

use std::collections::BTreeMap;
use std::fmt;

use domain::manifest::Manifest;
use serde::Deserialize;

pub use answer::{Errors, Kind, NamedFields, Row, Sign, Status, Success, Unit, Wait};
pub use condition::{Condition, Test};
pub use ordered::Ordered;
pub use paging::{Paging, Parameter};
pub use step::{Choice, Collect, Each, End, Find, Request, Step, Verb, all};
pub use tree::{Known, Tree};

use crate::template::{Template, Text};

/// The largest definition as JSON, in bytes.
pub const LARGEST: usize = 256 << 10;

/// How an app is called.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    /// The origin of its API: `https://api.example.com`, or a template over the account's values.
    pub origin: Template,
    /// The first segments of every path.
    #[serde(default)]
    pub path: Vec<Template>,
    /// Headers of every request.
    #[serde(default)]
    pub headers: Ordered<Template>,
    /// How a request is authorized, by connection method.
    pub auth: BTreeMap<String, Auth>,
    /// The place of the error's text in an answer.
    #[serde(default)]
    pub errors: Errors,
    /// The place of the time at which a rate limit ends.
    #[serde(default)]
    pub wait: Wait,
    /// The meaning of answers; the first row that matches counts.
    #[serde(default)]
    pub answers: Vec<Row>,
    /// The text if a setting has a value that a filter does not accept: `name` and `value` are the setting's.
    #[serde(default)]
    pub unusable: Option<Unusable>,
    /// Conditions with names.
    #[serde(default)]
    pub conditions: BTreeMap<String, Condition>,
    /// Steps with names.
    #[serde(default)]
    pub blocks: BTreeMap<String, Vec<Step>>,
    /// The connection test.
    pub identify: Identify,
    /// Values to store of a login beside its tokens.
    #[serde(default)]
    pub granted: Option<Granted>,
    /// The option lists, by key.
    #[serde(default)]
    pub lists: BTreeMap<String, List>,
    /// The steps of the actions, by key.
    pub actions: BTreeMap<String, Vec<Step>>,
    /// The actions whose steps look whether the app is in their state before they change anything. `engine verify` performs
    /// them up to the first change.
    #[serde(default)]
    pub states: Vec<String>,
}

/// How a request is authorized: the only place of a credential.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The header `Authorization: Bearer …`.
    #[serde(default)]
    pub bearer: Option<Template>,
    /// The header `Authorization: Basic …`.
    #[serde(default)]
    pub basic: Option<Basic>,
    /// Other headers.
    #[serde(default)]
    pub headers: Ordered<Template>,
    /// Query parameters.
    #[serde(default)]
    pub query: Ordered<Template>,
    /// Fields of the body, for requests that have one.
    #[serde(default)]
    pub body: Ordered<Template>,
}

/// The text for a setting that cannot be used.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unusable {
    /// The reason.
    pub reason: Template,
    /// The correction that the merchant can make.
    pub hint: Template,
}

/// User name and password.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    /// The user name.
    pub username: Template,
    /// The password.
    pub password: Template,
}

/// The connection test.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identify {
    /// Its steps, which change nothing.
    pub steps: Vec<Step>,
    /// The account's name.
    #[serde(default)]
    pub account: Option<Text>,
}

/// The values that are stored of a login.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// Steps that find the values; `token` is the token endpoint's response.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// The values, by key. They are texts that templates find in `account`.
    pub values: Ordered<Text>,
}

/// An option list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The request of a page.
    pub request: Request,
    /// The place of the entries in the answer.
    #[serde(default)]
    pub items: Pointer,
    /// How the next page is found.
    #[serde(default)]
    pub paging: Paging,
    /// The entries that are options; all of them if absent. `item` is the entry.
    #[serde(default, rename = "where")]
    pub filter: Option<Condition>,
    /// The value that a rule stores; `{item.id}` if absent.
    #[serde(default = "item_id")]
    pub id: Template,
    /// The name that merchants read; if absent, `{item.name}`, and `{item.id}` of an entry without one.
    #[serde(default = "item_name")]
    pub label: Text,
    /// The value of another list's option that this option belongs to.
    #[serde(default)]
    pub parent: Option<Template>,
}

fn item_id() -> Template {
    Template::value_of("item", "id")
}

fn item_name() -> Text {
    Text(vec![Template::value_of("item", "name"), item_id()])
}

/// A JSON pointer (RFC 6901): `/contact/id`. `?` at its end: the value may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pointer {
    /// The pointer.
    pub path: String,
    /// Whether the value may be absent.
    pub optional: bool,
}

impl TryFrom<String> for Pointer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (path, optional) = match text.strip_suffix('?') {
            Some(path) => (path.to_owned(), true),
            None => (text, false),
        };
        if path.is_empty() || (path.starts_with('/') && path.len() <= 200) {
            Ok(Self { path, optional })
        } else {
            Err(format!("`{path}` is not a JSON pointer, such as `/contact/id`"))
        }
    }
}

/// A definition that was checked.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The part that merchants see.
    pub manifest: Manifest,
    /// How it is called.
    pub calls: Calls,
}

impl Definition {
    /// The definition of an app of the catalog, which was checked before it was packed: a function does not check it again.
    ///
    /// # Errors
    /// It does not say how the app is called.
    pub fn packed(manifest: &Manifest) -> Result<Self, serde_json::Error> {
        let call = manifest.call.as_ref().ok_or_else(|| serde::de::Error::missing_field("call"))?;
        let calls = serde_json::from_str(call.get())?;
        Ok(Self { manifest: Manifest { call: None, examples: None, ..manifest.clone() }, calls })
    }
}

/// A problem of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its line in the file, from 1, if it is known.
    pub line: Option<usize>,
    /// Its place: `actions.add_tag[1].request.path[2]`. Empty: the line is the place.
    pub place: String,
    /// The problem, and how to correct it.
    pub message: String,
}

impl Problem {
    /// A problem whose line is not known yet.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { line: None, place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)
    }
}

/// A definition that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct InvalidDefinition(pub Vec<Problem>);
