//! Key conditions: the partition and the range of sort keys that a query reads.

use super::condition::{Comparison, Condition, Operand};
use super::path::Path;
use super::{Kind, Placeholders, invalid};
use crate::aws::dynamodb::error::Refusal;
use crate::aws::dynamodb::value::Value;

/// The range of a sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws::dynamodb) enum Bound<'a> {
    All,
    Equal(&'a Value),
    Less(&'a Value),
    AtMost(&'a Value),
    Greater(&'a Value),
    AtLeast(&'a Value),
    Between(&'a Value, &'a Value),
    BeginsWith(&'a Value),
}

/// The keys that a query reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws::dynamodb) struct KeyCondition<'a> {
    pub(in crate::aws::dynamodb) partition: &'a Value,
    pub(in crate::aws::dynamodb) range: Bound<'a>,
}

impl<'a> KeyCondition<'a> {
    /// Reads a key condition on a table or index with these keys.
    pub(in crate::aws::dynamodb) fn parse(
        text: &'a str,
        placeholders: &Placeholders<'a>,
        keys: (&str, Option<&str>),
    ) -> Result<Self, Refusal> {
        let parsed = Condition::parse(Kind::KeyCondition, text, placeholders)?;
        let missed =
            |name: &str| Refusal::validation(format!("Query condition missed key schema element: {name}"));
        let parts = match parsed {
            Condition::And(parts) => parts,
            single => vec![single],
        };
        if parts.len() > 2 {
            return Err(Refusal::validation("Conditions can be of length 1 or 2 only".to_owned()));
        }
        let (mut partition, mut range) = (None, None);
        for part in parts {
            match key_part(part)? {
                (name, Bound::Equal(value)) if name == keys.0 && partition.is_none() => {
                    partition = Some(value);
                }
                (name, _) if name == keys.0 => {
                    return Err(Refusal::validation("Query key condition not supported".to_owned()));
                }
                (name, bound) if Some(name) == keys.1 && range.is_none() => range = Some(bound),
                _ => return Err(missed(if partition.is_none() { keys.0 } else { keys.1.unwrap_or(keys.0) })),
            }
        }
        let partition = partition.ok_or_else(|| missed(keys.0))?;
        Ok(Self { partition, range: range.unwrap_or(Bound::All) })
    }
}

fn key_part(part: Condition<'_>) -> Result<(&str, Bound<'_>), Refusal> {
    use Operand::{Path as Attribute, Value as Constant};
    let plain = |path: Path<'_>| path.steps.is_empty();
    let found = match part {
        Condition::Compare(Attribute(path), comparison, Constant(value)) if plain(path.clone()) => {
            let bound = match comparison {
                Comparison::Equal => Bound::Equal(value),
                Comparison::Less => Bound::Less(value),
                Comparison::AtMost => Bound::AtMost(value),
                Comparison::Greater => Bound::Greater(value),
                Comparison::AtLeast => Bound::AtLeast(value),
                Comparison::Different => {
                    return Err(invalid(
                        Kind::KeyCondition,
                        "Invalid operator used in KeyConditionExpression: <>",
                    ));
                }
            };
            Some((path.root, bound))
        }
        Condition::Between(Attribute(path), Constant(low), Constant(high)) => {
            Some((path.root, Bound::Between(low, high)))
        }
        Condition::BeginsWith(Attribute(path), Constant(prefix)) => {
            Some((path.root, Bound::BeginsWith(prefix)))
        }
        _ => None,
    };
    found.ok_or_else(|| invalid(Kind::KeyCondition, "Invalid operator used in KeyConditionExpression"))
}
