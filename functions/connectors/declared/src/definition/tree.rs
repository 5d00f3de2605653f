//! A JSON value with templates in the place of texts.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::Ordered;
use crate::template::{Template, Unusable, Values};

/// The most values of a rendered tree.
const MOST_VALUES: usize = 10_000;

/// A JSON value whose texts are templates. Names of fields are not.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// Null, a number, or true or false.
    Constant(Value),
    /// A template, whose value keeps its type if it is one placeholder.
    Template(Template),
    /// A list.
    List(Vec<Tree>),
    /// An object.
    Fields(Ordered<Tree>),
}

impl Tree {
    /// The value. An absent value is left out of the list or object that it is in, and so is a list or object of absent
    /// values only.
    ///
    /// # Errors
    /// [`Unusable`]: a filter does not accept a value, or the whole is too large.
    pub fn value(&self, values: &impl Values) -> Result<Option<Value>, Unusable> {
        self.rendered(values, &mut 0)
    }

    fn rendered(&self, values: &impl Values, count: &mut usize) -> Result<Option<Value>, Unusable> {
        *count += 1;
        if *count > MOST_VALUES {
            return Err(Unusable::new(format!("A body has more than {MOST_VALUES} values.")));
        }
        match self {
            Self::Constant(value) => Ok(Some(value.clone())),
            Self::Template(template) => match template.literal() {
                // A blank text that the file states is meant.
                Some(text) => Ok(Some(Value::from(text))),
                None => template.value(values),
            },
            Self::List(list) => {
                let mut rendered = Vec::new();
                for tree in list {
                    rendered.extend(tree.rendered(values, count)?);
                }
                Ok(Some(Value::Array(rendered))
                    .filter(|value| list.is_empty() || *value != Value::Array(vec![])))
            }
            Self::Fields(fields) => {
                let mut rendered = Map::new();
                for (name, tree) in fields.iter() {
                    rendered.extend(tree.rendered(values, count)?.map(|value| (name.to_owned(), value)));
                }
                Ok(Some(rendered).filter(|some| fields.is_empty() || !some.is_empty()).map(Value::Object))
            }
        }
    }

    /// Calls `see` with each template, and its place below this tree.
    pub(crate) fn templates<'t>(&'t self, place: &str, see: &mut impl FnMut(&str, &'t Template)) {
        match self {
            Self::Constant(_) => {}
            Self::Template(template) => see(place, template),
            Self::List(list) => {
                list.iter().enumerate().for_each(|(at, tree)| tree.templates(&format!("{place}[{at}]"), see));
            }
            Self::Fields(fields) => {
                fields.iter().for_each(|(name, tree)| tree.templates(&format!("{place}.{name}"), see));
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E: Error>(self) -> Result<Tree, E> {
                Ok(Tree::Constant(Value::Null))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
                Ok(Tree::Constant(value.into()))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Tree, E> {
                Ok(Tree::Constant(value.into()))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Tree, E> {
                Ok(Tree::Constant(value.into()))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
                Ok(Tree::Constant(value.into()))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Tree, E> {
                Template::parse(text).map(Tree::Template).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut list = Vec::new();
                while let Some(tree) = seq.next_element()? {
                    list.push(tree);
                }
                Ok(Tree::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Tree, A::Error> {
                let fields = Ordered::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Tree::Fields(fields))
            }
        }
        deserializer.deserialize_any(Read)
    }
}
