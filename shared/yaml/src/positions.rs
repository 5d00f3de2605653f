//! The values of a document with their positions. JSON is parsed as YAML, of which it is a subset.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::{Position, read};

/// A step of a path into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The value under a key.
    Key(String),
    /// An element of a list, counted from 0.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Step::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Step::Index(index)
    }
}

/// The positions of a document's values.
#[derive(Debug)]
pub struct Positions(Option<Place>);

/// The position of a value, and of the values within it.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Place(Spanned<Within>);

#[derive(Debug)]
enum Within {
    Map(BTreeMap<String, Place>),
    List(Vec<Place>),
    Scalar(Value),
}

impl Positions {
    /// The positions of a text. A text that cannot be parsed has none.
    pub fn of(text: &str) -> Self {
        Self(read(text, PhantomData::<Place>).ok())
    }

    /// The position at which the value at a path begins. If the path does not exist, that of its innermost part that
    /// does.
    pub fn find(&self, path: &[Step]) -> Option<Position> {
        let mut place = self.0.as_ref()?;
        let mut found = None;
        for step in path {
            let next = match (&place.0.value, step) {
                (Within::Map(map), Step::Key(key)) => map.get(key),
                (Within::List(list), Step::Index(index)) => list.get(*index),
                (Within::Map(_) | Within::List(_) | Within::Scalar(_), _) => None,
            };
            let Some(next) = next else { break };
            place = next;
            found = Position::of(&next.0.referenced);
        }
        found
    }

    /// The document as JSON.
    pub fn value(&self) -> Option<Value> {
        self.0.as_ref().map(Place::value)
    }
}

impl Place {
    fn value(&self) -> Value {
        match &self.0.value {
            Within::Map(map) => {
                Value::Object(map.iter().map(|(key, place)| (key.clone(), place.value())).collect())
            }
            Within::List(list) => Value::Array(list.iter().map(Place::value).collect()),
            Within::Scalar(value) => value.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Within {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Within;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Within, E> {
        Ok(Within::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Within, E> {
        Ok(Within::Scalar(value.into()))
    }

    // No field of a document has a number of this size, so its text is as wrong.
    fn visit_i128<E>(self, value: i128) -> Result<Within, E> {
        Ok(Within::Scalar(value.to_string().into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Within, E> {
        Ok(Within::Scalar(value.into()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Within, E> {
        Ok(Within::Scalar(value.to_string().into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Within, E> {
        Ok(Within::Scalar(value.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Within, E> {
        Ok(Within::Scalar(text.into()))
    }

    fn visit_unit<E>(self) -> Result<Within, E> {
        Ok(Within::Scalar(Value::Null))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Within, A::Error> {
        let mut within = BTreeMap::new();
        while let Some((key, place)) = map.next_entry()? {
            within.insert(key, place);
        }
        Ok(Within::Map(within))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Within, A::Error> {
        let mut within = Vec::new();
        while let Some(place) = list.next_element()? {
            within.push(place);
        }
        Ok(Within::List(within))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "\
# a comment
marketplace: demo
rules:
  - name: One
    trigger: x

  - # another comment
    name: Two
    settings: { list_id: demo,
                tag: [VIP] }
    conditions:
      - field: amount
        operator: equals
      - { field: currency, operator: exists }
  - {name: Three}
";
    const JSON: &str = r#"{
  "marketplace": "demo",
  "rules": [
    {
      "name": "One",
      "trigger": "x"
    },
    { "name": "Two",
      "conditions": [
        { "field": "amount" },
        { "field": "currency" }
      ] }
  ]
}"#;

    fn find(text: &str, path: &[Step]) -> Option<usize> {
        Positions::of(text).find(path).map(|position| position.line)
    }

    fn find_in_rule(text: &str, index: usize, rest: &[Step]) -> Option<usize> {
        find(text, &[&["rules".into(), index.into()], rest].concat())
    }

    #[test]
    fn a_path_leads_to_the_line_where_its_value_begins_in_any_style_of_yaml() {
        let rule = |index, rest: &[Step]| find_in_rule(YAML, index, rest);
        assert_eq!(rule(0, &[]), Some(4));
        assert_eq!(rule(0, &["trigger".into()]), Some(5));
        assert_eq!(rule(1, &[]), Some(8));
        assert_eq!(rule(1, &["settings".into(), "tag".into()]), Some(10));
        assert_eq!(rule(1, &["conditions".into(), 0.into(), "operator".into()]), Some(13));
        assert_eq!(rule(1, &["conditions".into(), 1.into(), "operator".into()]), Some(14));
        assert_eq!(rule(2, &["name".into()]), Some(15));
    }

    #[test]
    fn a_path_leads_to_its_line_in_json() {
        let rule = |index, rest: &[Step]| find_in_rule(JSON, index, rest);
        assert_eq!(rule(0, &[]), Some(4));
        assert_eq!(rule(0, &["trigger".into()]), Some(6));
        assert_eq!(rule(1, &[]), Some(8));
        assert_eq!(rule(1, &["conditions".into(), 1.into(), "field".into()]), Some(11));
    }

    #[test]
    fn what_is_not_there_is_found_where_it_belongs() {
        let path: [Step; 4] = ["rules".into(), 1.into(), "settings".into(), "double_opt_in".into()];
        assert_eq!(find(YAML, &path), Some(9));
        assert_eq!(find(YAML, &["rules".into(), 7.into()]), Some(4));
        assert_eq!(find(YAML, &["nothing".into()]), None);
    }
}
