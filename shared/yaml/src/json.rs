//! YAML as JSON, with the order of its fields.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::{expanded_size, message, position, read};

/// A text that is no acceptable YAML document.
#[derive(Debug, thiserror::Error)]
#[error("line {}: {why}", .line.map_or_else(|| "?".to_owned(), |line| line.to_string()))]
pub struct InvalidDocument {
    /// The line, from 1, if it is known.
    pub line: Option<usize>,
    /// The reason.
    pub why: String,
}

impl InvalidDocument {
    fn of(text: &str, error: &serde_saphyr::Error) -> Self {
        Self { line: position(text, error).map(|at| at.line), why: message(error) }
    }
}

/// Converts a document to JSON. With its aliases expanded it may have at most `most` bytes.
///
/// # Errors
/// [`InvalidDocument`]: the text is not YAML, is too large, or has a value that JSON does not have.
pub fn to_json(text: &str, most: usize) -> Result<String, InvalidDocument> {
    let invalid = |error| InvalidDocument::of(text, &error);
    expanded_size(text, most).map_err(invalid)?;
    let tree = read(text, PhantomData::<Tree>).map_err(invalid)?;
    serde_json::to_string(&tree).map_err(|error| InvalidDocument { line: None, why: error.to_string() })
}

/// A JSON value whose fields keep their order.
enum Tree {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
    List(Vec<Tree>),
    Fields(Vec<(String, Tree)>),
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Signed(value) => serializer.serialize_i64(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(list) => serializer.collect_seq(list),
            Self::Fields(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON has")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        Tree::deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Signed(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Unsigned(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Tree, E> {
        if value.is_finite() {
            Ok(Tree::Float(value))
        } else {
            Err(E::custom(format!("`{value}` is no number in JSON: write it in quotes")))
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element()? {
            list.push(value);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Tree::Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_becomes_json_in_its_own_order() {
        let text = "desired: on\nb: [1, -2, 1.5, true, ~, '7', 007]\na: {z: |\n  two\n  lines\n, y: ''}";
        let text =
            text.replace("a: {z: |\n  two\n  lines\n, y: ''}", "a:\n  z: |\n    two\n    lines\n  y: ''");
        let json = r#"{"desired":"on","b":[1,-2,1.5,true,null,"7","007"],"a":{"z":"two\nlines\n","y":""}}"#;
        assert_eq!(to_json(&text, 1000).unwrap(), json);
    }

    #[test]
    fn what_is_no_document_is_refused_with_its_line() {
        let bomb = "a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n";
        for (text, line, why) in [
            ("a: 1\na: 2\n", Some(2), "a"),
            ("a: .inf\n", Some(1), "JSON"),
            ("a: [1\n", None, ""),
            (bomb, None, "fewer aliases"),
        ] {
            let error = to_json(text, 100).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
            assert!(line.is_none() || error.line == line, "{error}");
        }
        let deep = "[".repeat(DEEP) + &"]".repeat(DEEP);
        assert!(to_json(&deep, 1000).unwrap_err().to_string().contains("nested"));
    }

    const DEEP: usize = crate::DEEPEST + 1;
}
