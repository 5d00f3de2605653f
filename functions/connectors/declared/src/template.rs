//! Templates: texts in which `{contact.email | lowercase}` is replaced by a value.
//!
//! A template is parsed once, when a definition is loaded, and never again: a value that contains `{` is a value. A
//! template that is one placeholder keeps the value's type; any other renders a text. If a value is absent, so is the
//! whole.

mod filter;
mod parse;
mod text;

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

pub use filter::{Filter, Unusable};
pub(crate) use filter::{integer, time};
pub use text::Text;

/// The longest template, in bytes.
const LONGEST: usize = 4 << 10;

/// The longest text that a template may render, in bytes.
const LONGEST_TEXT: usize = 64 << 10;

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Expression),
}

/// A placeholder: the path of a value, and the filters that it passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// The path.
    pub path: Path,
    /// The filters, in order.
    pub filters: Vec<Filter>,
}

/// The path of a value: `contact.email`. A number is a place in a list, from 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    /// The first name.
    pub root: String,
    /// The names after it.
    pub rest: Vec<String>,
}

/// The values that a template can name.
pub trait Values {
    /// The value at a path; `None` if it is absent. Null, blank text and what the caller hides are absent.
    fn value(&self, path: &Path) -> Option<Value>;
}

impl Template {
    /// Parses a text.
    ///
    /// # Errors
    /// The text is not a template; the message says where.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!(
                "a template has at most {LONGEST} bytes, and this one {}: shorten it",
                text.len()
            ));
        }
        parse::template(text)
    }

    /// The template with one placeholder: the value `name` of `root`.
    pub(crate) fn value_of(root: &str, name: &str) -> Self {
        let path = Path { root: root.to_owned(), rest: vec![name.to_owned()] };
        Self { parts: vec![Part::Value(Expression { path, filters: Vec::new() })] }
    }

    /// The placeholders.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Value(expression) => Some(expression),
        })
    }

    /// The text, if it has no placeholders.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The value; `None` if a part of it is absent.
    ///
    /// # Errors
    /// [`Unusable`]: a filter does not accept a value.
    pub fn value(&self, values: &impl Values) -> Result<Option<Value>, Unusable> {
        if let [Part::Value(expression)] = self.parts.as_slice() {
            return expression.value(values);
        }
        let mut whole = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => whole.push_str(text),
                Part::Value(expression) => {
                    let Some(value) = expression.value(values)? else { return Ok(None) };
                    whole.push_str(&filter::text(&value, &expression.path)?);
                }
            }
            if whole.len() > LONGEST_TEXT {
                return Err(Unusable::new(format!("A text has more than {LONGEST_TEXT} bytes.")));
            }
        }
        Ok(Some(Value::String(whole)))
    }

    /// The value as text; `None` if it is absent.
    ///
    /// # Errors
    /// [`Unusable`]: a filter does not accept a value, or the value is a list or an object.
    pub fn text(&self, values: &impl Values) -> Result<Option<String>, Unusable> {
        let Some(value) = self.value(values)? else { return Ok(None) };
        let path = self.expressions().next().map(|expression| &expression.path);
        match value {
            Value::String(text) => Ok(Some(text)),
            value => match path {
                Some(path) => filter::text(&value, path).map(Some),
                None => Ok(None),
            },
        }
    }
}

impl Expression {
    fn value(&self, values: &impl Values) -> Result<Option<Value>, Unusable> {
        let mut value = values.value(&self.path);
        for filter in &self.filters {
            value = filter.apply(value, values, &self.path)?;
        }
        Ok(value.filter(is_present))
    }
}

/// Whether a value counts: null and blank text do not.
pub fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => true,
    }
}

impl Path {
    /// The part of a value that the names after the root lead to.
    pub fn within<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        self.rest.iter().try_fold(root, |value, name| match value {
            Value::Object(fields) => fields.get(name),
            Value::Array(list) => list.get(name.parse::<usize>().ok()?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)?;
        self.rest.iter().try_for_each(|name| write!(f, ".{name}"))
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl de::Visitor<'_> for Read {
            type Value = Template;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Template, E> {
                Template::parse(text).map_err(E::custom)
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Template, E> {
                self.visit_str(if value { "true" } else { "false" })
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Template, E> {
                self.visit_str(&value.to_string())
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Template, E> {
                self.visit_str(&value.to_string())
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse::path(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
