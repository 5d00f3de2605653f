//! Whether a condition holds.

use connector::failure::tells;
use serde_json::Value;

use super::Run;
use crate::definition::{Condition, Known, Test, Tree};
use crate::template::{Unusable, integer, time};

impl Known for Run<'_> {
    fn holds(&self, condition: &Condition) -> Result<bool, Unusable> {
        match condition {
            Condition::All(list) => every(list.iter(), |one| self.holds(one)),
            Condition::Any(list) => Ok(!every(list.iter(), |one| Ok(!self.holds(one)?))?),
            Condition::Not(one) => Ok(!self.holds(one)?),
            Condition::Holds(name) => match self.app.definition.calls.conditions.get(name) {
                Some(named) => self.holds(named),
                None => Ok(false),
            },
            Condition::Some(within) => {
                let list = self.entries(&within.list)?;
                let fails = |entry: &Value| Ok(!self.holds_for(&within.name, entry, &within.filter)?);
                Ok(!every(list.iter(), fails)?)
            }
            Condition::Every(within) => {
                let list = self.entries(&within.list)?;
                every(list.iter(), |entry| self.holds_for(&within.name, entry, &within.filter))
            }
            Condition::Test(value, test) => {
                let value = value.value(self)?;
                self.passes(value.as_ref(), test)
            }
        }
    }
}

impl Run<'_> {
    /// Whether a condition holds for an entry of a list.
    pub(super) fn holds_for(
        &self,
        name: &str,
        entry: &Value,
        condition: &Condition,
    ) -> Result<bool, Unusable> {
        let before = self.names.get().get(name).cloned();
        self.names.get().set(name, entry.clone());
        let holds = self.holds(condition);
        self.names.get().restore(name, before);
        holds
    }

    /// The entries of a list; none if it is absent.
    pub(super) fn entries(&self, list: &crate::template::Template) -> Result<Vec<Value>, Unusable> {
        Ok(match list.value(self)? {
            None => Vec::new(),
            Some(Value::Array(list)) => list,
            Some(one) => vec![one],
        })
    }

    fn passes(&self, value: Option<&Value>, test: &Test) -> Result<bool, Unusable> {
        Ok(match test {
            Test::Present(wanted) => value.is_some() == *wanted,
            Test::Is(tree) => self.equals(value, tree)?,
            Test::IsNot(tree) => !self.equals(value, tree)?,
            Test::In(list) => !every(list, |tree| Ok(!self.equals(value, tree)?))?,
            Test::Contains(phrases) => {
                let whole = value.map(texts).unwrap_or_default().join(" ").to_lowercase();
                phrases.iter().any(|phrase| tells(phrase, &whole))
            }
            Test::Integer(wanted) => value.and_then(integer).is_some() == *wanted,
            Test::Below(most) => number(value).is_some_and(|value| value < *most),
            Test::Above(least) => number(value).is_some_and(|value| value > *least),
            Test::Before(other) => {
                let other = other.value(self)?;
                value
                    .and_then(time)
                    .zip(other.as_ref().and_then(time))
                    .is_some_and(|(value, other)| value < other)
            }
            Test::After(other) => {
                let other = other.value(self)?;
                value
                    .and_then(time)
                    .zip(other.as_ref().and_then(time))
                    .is_some_and(|(value, other)| value > other)
            }
        })
    }

    fn equals(&self, value: Option<&Value>, tree: &Tree) -> Result<bool, Unusable> {
        let other = tree.value(self)?;
        Ok(match (value, other.as_ref()) {
            (None, None | Some(Value::Null)) => true,
            (Some(value), Some(other)) => same(value, other),
            _ => false,
        })
    }
}

fn every<T>(
    list: impl IntoIterator<Item = T>,
    holds: impl Fn(T) -> Result<bool, Unusable>,
) -> Result<bool, Unusable> {
    for one in list {
        if !holds(one)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether two values are equal. A number equals its text.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    one == other || text(one).is_some_and(|one| text(other) == Some(one))
}

fn number(value: Option<&Value>) -> Option<i64> {
    integer(value?)?.as_i64()
}

/// All texts of a value.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Bool(_) | Value::Number(_) => vec![value.to_string()],
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
    }
}
