//! Values of attributes, in the JSON of DynamoDB.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::number::Number;

/// An item, by attribute.
pub type Item = BTreeMap<String, Value>;

/// Bytes, in base64 on the wire.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Binary(pub Vec<u8>);

impl Serialize for Binary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Binary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text.as_bytes()).map(Self).map_err(serde::de::Error::custom)
    }
}

/// A value of an attribute.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the types of DynamoDB")]
pub enum Value {
    S(String),
    N(Number),
    B(Binary),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "NULL")]
    Null(bool),
    M(BTreeMap<String, Value>),
    L(Vec<Value>),
    #[serde(rename = "SS")]
    Strings(BTreeSet<String>),
    #[serde(rename = "NS")]
    Numbers(BTreeSet<Number>),
    #[serde(rename = "BS")]
    Binaries(BTreeSet<Binary>),
}

impl Value {
    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::S(text) => Some(text),
            _ => None,
        }
    }

    /// The number.
    pub fn number(&self) -> Option<Number> {
        match self {
            Self::N(number) => Some(*number),
            _ => None,
        }
    }

    /// The value's type, as expressions and errors name it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Bool(_) => "BOOL",
            Self::Null(_) => "NULL",
            Self::M(_) => "M",
            Self::L(_) => "L",
            Self::Strings(_) => "SS",
            Self::Numbers(_) => "NS",
            Self::Binaries(_) => "BS",
        }
    }

    /// The value's size in an item.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
    pub(super) fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.size(),
            Self::B(bytes) => bytes.0.len(),
            Self::Bool(_) | Self::Null(_) => 1,
            Self::M(map) => 3 + map.iter().map(|(name, value)| name.len() + value.size() + 1).sum::<usize>(),
            Self::L(list) => 3 + list.iter().map(|value| value.size() + 1).sum::<usize>(),
            Self::Strings(set) => set.iter().map(String::len).sum(),
            Self::Numbers(set) => set.iter().map(|number| number.size()).sum(),
            Self::Binaries(set) => set.iter().map(|bytes| bytes.0.len()).sum(),
        }
    }

    /// The result of `size()` in an expression; `None` for a type that has no size.
    pub(super) fn length(&self) -> Option<usize> {
        match self {
            Self::S(text) => Some(text.chars().map(char::len_utf16).sum()),
            Self::B(bytes) => Some(bytes.0.len()),
            Self::M(map) => Some(map.len()),
            Self::L(list) => Some(list.len()),
            Self::Strings(set) => Some(set.len()),
            Self::Numbers(set) => Some(set.len()),
            Self::Binaries(set) => Some(set.len()),
            Self::N(_) | Self::Bool(_) | Self::Null(_) => None,
        }
    }

    /// Why a stored value is refused.
    pub(super) fn fault(&self) -> Option<&'static str> {
        match self {
            Self::Null(false) => Some(
                "One or more parameter values were invalid: Null attribute value types must have the value of true",
            ),
            Self::Strings(set) if set.is_empty() => {
                Some("One or more parameter values were invalid: An string set  may not be empty")
            }
            Self::Numbers(set) if set.is_empty() => {
                Some("One or more parameter values were invalid: An number set  may not be empty")
            }
            Self::Binaries(set) if set.is_empty() => {
                Some("One or more parameter values were invalid: Binary sets should not be empty")
            }
            Self::M(map) => map.values().find_map(Self::fault),
            Self::L(list) => list.iter().find_map(Self::fault),
            _ => None,
        }
    }
}

/// The size of an item: its names and its values.
pub(super) fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.size()).sum()
}

/// An item in a response.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shared(pub(super) Arc<Item>);

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
