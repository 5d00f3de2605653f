//! A fact's detail as messages send it: as published, with every digit of its numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::fact::{self, FactError};

/// JSON that is sent without being parsed. Clones share it.
#[derive(Debug, Clone)]
pub struct Payload(Arc<RawValue>);

impl Payload {
    /// The whole detail; `None` if the text is not JSON.
    pub fn of(detail: &str) -> Option<Self> {
        RawValue::from_string(detail.to_owned()).ok().map(Self::from)
    }

    /// The detail with one of its lines: `item` replaces `items`. A detail that already has an `item` is unchanged.
    pub fn of_line(detail: &str, index: usize) -> Option<Self> {
        let mut fields: BTreeMap<String, &RawValue> = serde_json::from_str(detail).ok()?;
        let items =
            fields.get("items").and_then(|items| serde_json::from_str::<Vec<&RawValue>>(items.get()).ok());
        let Some(item) = items.and_then(|items| items.get(index).copied()) else { return Self::of(detail) };
        fields.remove("items");
        fields.insert("item".to_owned(), item);
        to_raw_value(&fields).ok().map(Self::from)
    }

    /// The JSON text.
    pub fn json(&self) -> &RawValue {
        &self.0
    }

    /// Reads some of its fields with the rules for facts.
    ///
    /// # Errors
    /// [`FactError`]: a field is absent or not valid.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, FactError> {
        fact::read_part(self.0.get())
    }
}

impl From<Box<RawValue>> for Payload {
    fn from(json: Box<RawValue>) -> Self {
        Self(json.into())
    }
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        to_raw_value(&value).unwrap_or_default().into()
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DETAIL: &str =
        r#"{ "id": "f", "total": 12345678901234567890123.10, "items": [{ "n": 1.0 }, { "n": 2e3 }] }"#;

    #[test]
    fn a_line_is_read_as_leniently_as_the_fact_that_it_is_of() {
        #[derive(Deserialize)]
        struct Line {
            item: fact::Item,
        }
        let line = r#"{ "items": [{ "product_id": " rye ", "name": "Rye", "role": "primary", "quantity": 1.0,
            "price": { "amount": 4900.0, "currency": "USD" }, "coupon": "", "charged_at": "", "line_id": "" }] }"#;
        let Line { item } = Payload::of_line(line, 0).unwrap().read().unwrap();
        assert_eq!((item.product_id.as_str(), item.price.amount), ("rye", 4900));
        assert!(item.coupon.is_none() && item.charged_at.is_none());
    }

    #[test]
    fn a_detail_is_passed_on_digit_for_digit() {
        assert_eq!(Payload::of(DETAIL).unwrap().json().get(), DETAIL);
        let line = Payload::of_line(DETAIL, 1).unwrap();
        assert_eq!(line.json().get(), r#"{"id":"f","item":{ "n": 2e3 },"total":12345678901234567890123.10}"#);
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(serde_json::from_str::<Payload>(&text).unwrap(), line);
    }

    #[test]
    fn a_detail_without_lines_is_passed_on_whole() {
        for detail in [r#"{ "item": { "n": 1 } }"#, r#"{ "items": 7 }"#, r#"{ "items": [] }"#] {
            assert_eq!(Payload::of_line(detail, 0).unwrap().json().get(), detail);
        }
        assert_eq!(Payload::of("{"), None);
    }
}
