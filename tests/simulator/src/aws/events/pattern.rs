//! Event patterns.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>

use std::collections::BTreeMap;

use serde_json::Value;

/// A pattern that events match.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern(Fields);

/// Why a pattern cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError(String);

impl std::fmt::Display for PatternError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The fields of an object that all match, and alternatives of which one does.
#[derive(Debug, Clone, Default, PartialEq)]
struct Fields {
    all: BTreeMap<String, Field>,
    alternatives: Vec<Fields>,
}

#[derive(Debug, Clone, PartialEq)]
enum Field {
    Object(Fields),
    /// One of these.
    Leaf(Vec<Matcher>),
}

#[derive(Debug, Clone, PartialEq)]
enum Matcher {
    Equal(Value),
    Exists(bool),
    AnythingBut(Vec<Value>),
    NoneOf(Box<Matcher>),
    Numeric(Vec<(Order, f64)>),
    Prefix(String),
    Suffix(String),
    IgnoreCase(String),
    Wildcard(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Less,
    AtMost,
    Equal,
    Greater,
    AtLeast,
}

impl Pattern {
    /// Reads the JSON of a pattern.
    pub fn read(pattern: &Value) -> Result<Self, PatternError> {
        fields(pattern).map(Self)
    }

    /// Whether an event matches.
    pub fn matches(&self, event: &Value) -> bool {
        self.0.match_with(Some(event))
    }
}

impl Fields {
    /// The elements of a list match one at a time, so that fields of different elements never match together.
    fn match_with(&self, value: Option<&Value>) -> bool {
        if let Some(Value::Array(list)) = value
            && !list.is_empty()
        {
            return list.iter().any(|one| self.match_with(Some(one)));
        }
        let field = |name: &str| value.and_then(|value| value.get(name));
        let all = self.all.iter().all(|(name, wanted)| match wanted {
            Field::Object(fields) => fields.match_with(field(name)),
            Field::Leaf(matchers) => matchers.iter().any(|matcher| matcher.matches_any(field(name))),
        });
        all && (self.alternatives.is_empty() || self.alternatives.iter().any(|one| one.match_with(value)))
    }
}

impl Matcher {
    fn matches_any(&self, value: Option<&Value>) -> bool {
        let leaves = match value {
            None | Some(Value::Object(_)) => Vec::new(),
            Some(Value::Array(list)) => {
                list.iter().filter(|one| !one.is_object() && !one.is_array()).collect()
            }
            Some(leaf) => vec![leaf],
        };
        match self {
            Self::Exists(wanted) => leaves.is_empty() != *wanted,
            other => leaves.into_iter().any(|leaf| other.matches(leaf)),
        }
    }

    fn matches(&self, leaf: &Value) -> bool {
        let text = leaf.as_str();
        match self {
            Self::Equal(wanted) => leaf == wanted,
            Self::Exists(wanted) => *wanted,
            Self::AnythingBut(others) => !others.contains(leaf),
            Self::NoneOf(other) => !other.matches(leaf),
            Self::Numeric(bounds) => leaf.as_f64().is_some_and(|number| {
                bounds.iter().all(|(order, bound)| match order {
                    Order::Less => number < *bound,
                    Order::AtMost => number <= *bound,
                    Order::Equal => (number - bound).abs() < f64::EPSILON,
                    Order::Greater => number > *bound,
                    Order::AtLeast => number >= *bound,
                })
            }),
            Self::Prefix(prefix) => text.is_some_and(|text| text.starts_with(prefix)),
            Self::Suffix(suffix) => text.is_some_and(|text| text.ends_with(suffix)),
            Self::IgnoreCase(wanted) => text.is_some_and(|text| text.to_lowercase() == wanted.to_lowercase()),
            Self::Wildcard(wanted) => text.is_some_and(|text| fits(wanted, text)),
        }
    }
}

/// Whether a text has the parts between the stars, in their order.
fn fits(wildcard: &str, text: &str) -> bool {
    let Some((first, rest)) = wildcard.split_once('*') else { return wildcard == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<_> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}

fn fields(pattern: &Value) -> Result<Fields, PatternError> {
    let Value::Object(map) = pattern else { return Err(PatternError(format!("{pattern} is no object"))) };
    let mut found = Fields::default();
    for (name, value) in map {
        match value {
            Value::Array(list) if name == "$or" => {
                found.alternatives = list.iter().map(fields).collect::<Result<_, _>>()?;
            }
            Value::Array(list) => {
                let matchers = list.iter().map(matcher).collect::<Result<_, _>>()?;
                found.all.insert(name.clone(), Field::Leaf(matchers));
            }
            other => {
                found.all.insert(name.clone(), Field::Object(fields(other)?));
            }
        }
    }
    Ok(found)
}

fn matcher(value: &Value) -> Result<Matcher, PatternError> {
    let Value::Object(map) = value else { return Ok(Matcher::Equal(value.clone())) };
    let wrong = || PatternError(format!("the matcher {value} is not implemented"));
    let (name, argument) = map.iter().next().filter(|_| map.len() == 1).ok_or_else(wrong)?;
    let text = || argument.as_str().map(str::to_owned).ok_or_else(wrong);
    Ok(match (name.as_str(), argument) {
        ("exists", Value::Bool(wanted)) => Matcher::Exists(*wanted),
        ("anything-but", Value::Array(list)) => Matcher::AnythingBut(list.clone()),
        ("anything-but", Value::Object(_)) => Matcher::NoneOf(Box::new(matcher(argument)?)),
        ("anything-but", one) => Matcher::AnythingBut(vec![one.clone()]),
        ("numeric", Value::Array(list)) => {
            let bound = |pair: &[Value]| {
                let order = match pair.first()?.as_str()? {
                    "<" => Order::Less,
                    "<=" => Order::AtMost,
                    "=" => Order::Equal,
                    ">" => Order::Greater,
                    ">=" => Order::AtLeast,
                    _ => return None,
                };
                Some((order, pair.get(1)?.as_f64()?))
            };
            Matcher::Numeric(list.chunks(2).map(bound).collect::<Option<_>>().ok_or_else(wrong)?)
        }
        ("prefix", _) => Matcher::Prefix(text()?),
        ("suffix", _) => Matcher::Suffix(text()?),
        ("equals-ignore-case", _) => Matcher::IgnoreCase(text()?),
        ("wildcard", _) => Matcher::Wildcard(text()?),
        _ => return Err(wrong()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(pattern: &Value, event: &Value) -> bool {
        Pattern::read(pattern).unwrap().matches(event)
    }

    /// The examples of the documentation of EventBridge's comparison operators.
    #[test]
    fn patterns_match_as_documented() {
        let event = json!({
            "source": "aws.ec2", "region": "eu-west-1", "time": "2017-10-02T12:00:00Z", "FileName": "logo.png",
            "detail": {
                "state": "running", "c-count": 5, "d-count": 10, "x-limit": 301.8, "none": null, "on": true,
                "path": "dir/sub/file.txt", "tags": ["a", "b"], "items": [{"role": "primary", "n": 1}, {"role": "upsell", "n": 2}],
            },
        });
        for (pattern, expected) in [
            (json!({ "source": ["aws.ec2", "aws.s3"] }), true),
            (json!({ "region": [{ "prefix": "eu-" }] }), true),
            (json!({ "FileName": [{ "suffix": ".png" }] }), true),
            (json!({ "FileName": [{ "equals-ignore-case": "LOGO.png" }] }), true),
            (json!({ "detail": { "state": [{ "anything-but": "initializing" }] } }), true),
            (json!({ "detail": { "state": [{ "anything-but": ["stopped", "running"] }] } }), false),
            (json!({ "detail": { "state": [{ "anything-but": { "prefix": "run" } }] } }), false),
            (
                json!({ "detail": { "c-count": [{ "numeric": [">", 0, "<=", 5] }], "d-count": [{ "numeric": ["<", 10] }] } }),
                false,
            ),
            (
                json!({ "detail": { "c-count": [{ "numeric": [">", 0, "<=", 5] }], "x-limit": [{ "numeric": ["=", 301.8] }] } }),
                true,
            ),
            (json!({ "detail": { "path": [{ "wildcard": "dir/*/f*.txt" }] } }), true),
            (json!({ "detail": { "path": [{ "wildcard": "dir/*.png" }] } }), false),
            (json!({ "detail": { "none": [null], "on": [true] } }), true),
            (json!({ "detail": { "none": [{ "exists": false }] } }), false),
            (json!({ "detail": { "absent": [{ "exists": false }] } }), true),
            (json!({ "detail": { "absent": { "deeper": [{ "exists": false }] } } }), true),
            (json!({ "detail": { "absent": [{ "anything-but": ["a"] }] } }), false),
            (json!({ "detail": { "tags": ["b"] } }), true),
            (json!({ "detail": { "items": { "role": ["upsell"] } } }), true),
            (json!({ "detail": { "items": { "role": ["upsell"], "n": [1] } } }), false),
            (json!({ "$or": [{ "source": ["aws.s3"] }, { "detail": { "on": [true] } }] }), true),
            (
                json!({ "source": ["aws.ec2"], "$or": [{ "region": ["us-east-1"] }, { "detail": { "on": [false] } }] }),
                false,
            ),
        ] {
            assert_eq!(matches(&pattern, &event), expected, "{pattern}");
        }
        assert!(Pattern::read(&json!({ "ip": [{ "cidr": "10.0.0.0/24" }] })).is_err());
    }
}
