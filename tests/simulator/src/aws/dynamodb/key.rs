//! Keys of tables and indexes.

use super::error::Refusal;
use super::number::Number;
use super::value::{Binary, Item, Value};

/// The value of a key attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Key {
    /// The sort key of a table that has none.
    None,
    N(Number),
    S(String),
    B(Binary),
    /// After every key.
    Max,
}

impl Key {
    /// A value as a key; `None` if its type is no type of keys.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::S(text) => Some(Self::S(text.clone())),
            Value::N(number) => Some(Self::N(*number)),
            Value::B(bytes) => Some(Self::B(bytes.clone())),
            _ => None,
        }
    }

    /// The smallest key that comes after every key with this prefix.
    pub(super) fn after_prefix(&self) -> Self {
        match self {
            Self::S(text) => {
                let mut rest = text.as_str();
                while let Some(last) = rest.chars().next_back() {
                    rest = &rest[..rest.len() - last.len_utf8()];
                    // The code points between are no characters.
                    let next = if last == '\u{d7ff}' {
                        '\u{e000}'
                    } else {
                        char::from_u32(u32::from(last) + 1).unwrap_or(last)
                    };
                    if next != last {
                        return Self::S(format!("{rest}{next}"));
                    }
                }
                Self::Max
            }
            Self::B(bytes) => {
                let kept = bytes.0.iter().rposition(|byte| *byte < u8::MAX);
                kept.map_or(Self::Max, |last| {
                    let mut next = bytes.0[..=last].to_vec();
                    next[last] += 1;
                    Self::B(Binary(next))
                })
            }
            Self::None | Self::N(_) | Self::Max => Self::Max,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::S(text) => text.is_empty(),
            Self::B(bytes) => bytes.0.is_empty(),
            Self::None | Self::N(_) | Self::Max => false,
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::B(bytes) => bytes.0.len(),
            Self::None | Self::N(_) | Self::Max => 0,
        }
    }
}

/// A key attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAttribute {
    /// Its name.
    pub name: String,
    /// Its type: S, N or B.
    pub kind: String,
}

/// The keys of a table or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The partition key.
    pub partition: KeyAttribute,
    /// The sort key.
    pub sort: Option<KeyAttribute>,
}

/// The most bytes of a partition key and of a sort key.
const LONGEST: [(usize, &str); 2] = [(2048, "hashKey"), (1024, "rangeKey")];

impl Schema {
    pub(in crate::aws) fn attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        std::iter::once(&self.partition).chain(&self.sort)
    }

    /// The keys' names.
    pub(super) fn names(&self) -> (&str, Option<&str>) {
        (&self.partition.name, self.sort.as_ref().map(|sort| sort.name.as_str()))
    }

    pub(super) fn has(&self, attribute: &str) -> bool {
        self.attributes().any(|key| key.name == attribute)
    }

    /// The key in an item to store.
    pub(super) fn of_item(&self, item: &Item) -> Result<(Key, Key), Refusal> {
        self.read(item, |attribute, value| match value {
            None => format!(
                "One or more parameter values were invalid: Missing the key {} in the item",
                attribute.name
            ),
            Some(value) => format!(
                "One or more parameter values were invalid: Type mismatch for key {} expected: {} actual: {}",
                attribute.name,
                attribute.kind,
                value.kind()
            ),
        })
    }

    /// The key of a call that names an item by its key alone.
    pub(super) fn of_key(&self, key: &Item) -> Result<(Key, Key), Refusal> {
        let mismatch = || "The provided key element does not match the schema".to_owned();
        if key.len() != self.attributes().count() {
            return Err(Refusal::validation(mismatch()));
        }
        self.read(key, |_, _| mismatch())
    }

    fn read(
        &self,
        item: &Item,
        wrong: impl Fn(&KeyAttribute, Option<&Value>) -> String,
    ) -> Result<(Key, Key), Refusal> {
        let mut longest = LONGEST.iter();
        let mut one = |attribute: &KeyAttribute| {
            let value = item.get(&attribute.name);
            let fits = value.filter(|value| value.kind() == attribute.kind);
            let key = fits.and_then(Key::of).ok_or_else(|| Refusal::validation(wrong(attribute, value)))?;
            if key.is_empty() {
                return Err(Refusal::validation(format!(
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: {}",
                    attribute.name
                )));
            }
            let (most, what) = longest.next().copied().unwrap_or((1024, "rangeKey"));
            if key.length() > most {
                let size = if most == 2048 { "2048" } else { "1024" };
                return Err(Refusal::validation(format!(
                    "One or more parameter values were invalid: Size of {what} has exceeded the maximum size limit of{size} bytes"
                )));
            }
            Ok(key)
        };
        let partition = one(&self.partition)?;
        let sort = self.sort.as_ref().map(one).transpose()?.unwrap_or(Key::None);
        Ok((partition, sort))
    }

    /// The key in an index; `None` if the item is not in it.
    pub(super) fn in_index(&self, item: &Item) -> Option<(Key, Key)> {
        let partition = Key::of(item.get(&self.partition.name)?)?;
        let sort = match &self.sort {
            None => Key::None,
            Some(sort) => Key::of(item.get(&sort.name)?)?,
        };
        Some((partition, sort))
    }

    /// Refuses an item whose attributes cannot be keys of this index.
    pub(super) fn check_index(&self, index: &str, item: &Item) -> Result<(), Refusal> {
        for attribute in self.attributes() {
            let Some(value) = item.get(&attribute.name) else { continue };
            if value.kind() != attribute.kind {
                return Err(Refusal::validation(format!(
                    "One or more parameter values were invalid: Type mismatch for Index Key {} Expected: {} Actual: {} IndexName: {index}",
                    attribute.name,
                    attribute.kind,
                    value.kind()
                )));
            }
            if Key::of(value).is_some_and(|key| key.is_empty()) {
                return Err(Refusal::validation(format!(
                    "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: {index}, IndexKey: {}",
                    attribute.name
                )));
            }
        }
        Ok(())
    }
}
