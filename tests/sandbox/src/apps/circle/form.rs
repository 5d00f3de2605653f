//! Reads the fields of a request's body or query, and rejects undocumented ones.
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::exchange::Request;

/// The fields of a request.
pub(super) struct Form(Map<String, Value>);

impl Form {
    /// A JSON object with these fields and no others.
    pub(super) fn body(request: &Request, known: &[&str]) -> Result<Self, Problem> {
        if request.media_type().as_deref() != Some("application/json") {
            return Err(Problem::unreadable("The request's Content-Type is not application/json."));
        }
        match serde_json::from_slice(&request.body) {
            Ok(Value::Object(fields)) => Self(fields).only(known),
            Ok(_) | Err(_) => Err(Problem::unreadable("The request's body is not a JSON object.")),
        }
    }

    /// A query with these parameters and no others. Integers become numbers.
    pub(super) fn query(request: &Request, known: &[&str]) -> Result<Self, Problem> {
        let pairs = url::form_urlencoded::parse(request.query.as_bytes());
        let value = |text: &str| text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from);
        Self(pairs.map(|(name, text)| (name.into_owned(), value(&text))).collect()).only(known)
    }

    fn only(self, known: &[&str]) -> Result<Self, Problem> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Problem::field(name, "is not a parameter of this call, or is not played")),
            None => Ok(self),
        }
    }

    fn given(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// An optional text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        let Some(value) = self.given(name) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| Problem::field(name, "is not a string"))
    }

    /// A required text.
    pub(super) fn required(&self, name: &str) -> Result<&str, Problem> {
        let text = self.text(name)?.filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| Problem::field(name, "can't be blank"))
    }

    /// An optional boolean.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        let flag = |value: &Value| value.as_bool().ok_or_else(|| Problem::field(name, "is not a boolean"));
        self.given(name).map(flag).transpose()
    }

    /// An optional integer. An integer in quotes is rejected.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let number = |value: &Value| value.as_u64().ok_or_else(|| Problem::field(name, "is not an integer"));
        self.given(name).map(number).transpose()
    }
}
