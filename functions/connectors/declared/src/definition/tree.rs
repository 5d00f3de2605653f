//! A JSON value with templates in the place of texts.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Condition, Ordered};
use crate::template::{Template, Unusable, Values};

/// The most values of a rendered tree.
const MOST_VALUES: usize = 10_000;

/// The field that makes an object conditional, and the field with another value in the object's place.
const WHEN: &str = "$when";
const VALUE: &str = "$value";

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
    /// A value that is absent unless a condition holds: an object with `$when`.
    When(Box<Condition>, Box<Tree>),
}

/// The values that templates name, and whether conditions over them hold.
pub trait Known: Values {
    /// Whether a condition holds.
    ///
    /// # Errors
    /// [`Unusable`]: a filter does not accept a value.
    fn holds(&self, condition: &Condition) -> Result<bool, Unusable>;
}

impl Tree {
    /// The value. An absent value is left out of the list or object that it is in, and so is a list or object of absent
    /// values only.
    ///
    /// # Errors
    /// [`Unusable`]: a filter does not accept a value, or the whole is too large.
    pub fn value(&self, known: &impl Known) -> Result<Option<Value>, Unusable> {
        self.rendered(known, &mut 0)
    }

    fn rendered(&self, known: &impl Known, count: &mut usize) -> Result<Option<Value>, Unusable> {
        *count += 1;
        if *count > MOST_VALUES {
            return Err(Unusable::new(format!("A body has more than {MOST_VALUES} values.")));
        }
        match self {
            Self::Constant(value) => Ok(Some(value.clone())),
            Self::Template(template) => match template.literal() {
                // A blank text that the file states is meant.
                Some(text) => Ok(Some(Value::from(text))),
                None => template.value(known),
            },
            Self::List(list) => {
                let mut rendered = Vec::new();
                for tree in list {
                    rendered.extend(tree.rendered(known, count)?);
                }
                Ok(Some(Value::Array(rendered))
                    .filter(|value| list.is_empty() || *value != Value::Array(vec![])))
            }
            Self::Fields(fields) => {
                let mut rendered = Map::new();
                for (name, tree) in fields.iter() {
                    rendered.extend(tree.rendered(known, count)?.map(|value| (name.to_owned(), value)));
                }
                Ok(Some(rendered).filter(|some| fields.is_empty() || !some.is_empty()).map(Value::Object))
            }
            Self::When(condition, tree) if known.holds(condition)? => tree.rendered(known, count),
            Self::When(..) => Ok(None),
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

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let (mut fields, mut when, mut value) = (Ordered::default(), None, None);
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        WHEN => when = Some(Box::new(map.next_value()?)),
                        VALUE => value = Some(map.next_value()?),
                        _ => fields.push(name, map.next_value()?).map_err(A::Error::custom)?,
                    }
                }
                match (when, value) {
                    (None, None) => Ok(Tree::Fields(fields)),
                    (Some(when), None) => Ok(Tree::When(when, Box::new(Tree::Fields(fields)))),
                    (Some(when), Some(value)) if fields.is_empty() => Ok(Tree::When(when, Box::new(value))),
                    (_, Some(_)) => {
                        Err(A::Error::custom("`$value` needs `$when` and replaces the other fields"))
                    }
                }
            }
        }
        deserializer.deserialize_any(Read)
    }
}
