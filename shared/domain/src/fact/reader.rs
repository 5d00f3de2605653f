//! Reads the fields of a detail with the rules for all facts: an optional field that is blank is absent, a whole number
//! may be written as `4900.0`, an object is not read from a list of its values, and a descriptive text that is too long
//! is cut with a note.

use std::cell::RefCell;
use std::iter::Enumerate;
use std::{fmt, slice};

use serde::de::{
    self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::{Map, Number, Value, map};

use super::customer::Country;
use super::error::FactError;
use super::text::{self, Label};
use crate::blank;

/// A value of a fact that is not used as published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A descriptive text, or the name of a checkout field, that is too long.
    Cut {
        /// The path of the field: `order.utm.content`.
        path: String,
        /// Its length in characters.
        found: usize,
        /// The number of characters that are used.
        used: usize,
    },
    /// A checkout field without a name.
    Nameless {
        /// The path of the field.
        path: String,
    },
    /// A country that is no code.
    Country {
        /// The path of the field.
        path: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { path, found, used } => {
                write!(f, "`{path}` has {found} characters: only the first {used} are used")
            }
            Self::Nameless { path } => {
                write!(f, "`{path}` has a field without a name: its value is not used")
            }
            Self::Country { path } => {
                write!(f, "`{path}` is not a code of two letters, such as BR: it is not used")
            }
        }
    }
}

/// A detail that is being read.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    schema: &'static str,
    detail: &'a Value,
    notes: RefCell<Vec<Note>>,
}

impl<'a> Reader<'a> {
    /// `schema`: the file that describes the fact.
    pub(super) fn new(schema: &'static str, detail: &'a Value) -> Self {
        Self { schema, detail, notes: RefCell::default() }
    }

    /// Reads some of the detail's fields.
    pub(super) fn read<T: Deserialize<'a>>(&self) -> Result<T, FactError> {
        let detail = Field { value: self.detail, path: Path::Detail, notes: &self.notes };
        T::deserialize(detail).map_err(|refusal| {
            let Refusal { path, problem, .. } = refusal.at(&Path::Detail);
            let path = path.filter(|path| !path.is_empty()).unwrap_or_else(|| "detail".to_owned());
            FactError::FieldInvalid { path, problem, schema: self.schema }
        })
    }

    /// The notes on the fields that were read.
    pub(super) fn notes(self) -> Vec<Note> {
        self.notes.into_inner()
    }
}

/// The most characters of a problem's description: the reason and the event are stored in one message.
const MOST_TOLD: usize = 500;

/// The path of a field.
#[derive(Debug, Clone, Copy)]
enum Path<'p> {
    Detail,
    Field(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Detail => Ok(()),
            Path::Field(Path::Detail, name) => f.write_str(name),
            Path::Field(parent, name) => {
                write!(f, "{parent}.{}", name.chars().take(80).collect::<String>())
            }
            Path::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The reason for rejecting a field. It does not quote the value, which may be a customer's address: reasons are shown
/// where facts are not.
#[derive(Debug)]
struct Refusal {
    /// The path of the field, once it is known.
    path: Option<String>,
    /// The required field that is missing there.
    missing: Option<&'static str>,
    problem: String,
}

impl Refusal {
    /// Adds the path, unless it is known already.
    fn at(mut self, path: &Path<'_>) -> Self {
        self.path.get_or_insert_with(|| match self.missing {
            Some(field) => Path::Field(path, field).to_string(),
            None => path.to_string(),
        });
        self
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl de::Error for Refusal {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        let problem = problem.to_string().chars().take(MOST_TOLD).collect();
        Self { path: None, missing: None, problem }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("has an invalid type: {}, expected {expected}", kind(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("has an invalid value: {}, expected {expected}", kind(found)))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let (found, expected) = (kind(Unexpected::Str(found)), expected.join(", "));
        Self::custom(format_args!("is {found}; it must be one of {expected}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self { path: None, missing: Some(field), problem: "is missing".to_owned() }
    }
}

/// The kind of a value that has the wrong type.
fn kind(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Str(text) => format!("a text of {} characters", text.chars().count()),
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number".to_owned(),
        Unexpected::Bool(_) => "true or false".to_owned(),
        other => other.to_string(),
    }
}

/// A value of the detail, and its path.
#[derive(Debug, Clone, Copy)]
struct Field<'a, 'p> {
    value: &'a Value,
    path: Path<'p>,
    notes: &'p RefCell<Vec<Note>>,
}

impl Field<'_, '_> {
    fn note_length(&self, text: &str, used: usize) {
        let found = text.chars().count();
        if found > used {
            self.notes.borrow_mut().push(Note::Cut { path: self.path.to_string(), found, used });
        }
    }

    /// Adds a note if the name of this field is not used as published.
    fn note_name(&self, name: &str) {
        self.note_length(name, Label::MAX);
        if blank::is_blank(name) {
            self.notes.borrow_mut().push(Note::Nameless { path: self.path.to_string() });
        }
    }

    fn unexpected(&self) -> Unexpected<'_> {
        match self.value {
            Value::Null => Unexpected::Other("null"),
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Number(_) => Unexpected::Other("a number"),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Other("an array"),
            Value::Object(_) => Unexpected::Other("an object"),
        }
    }
}

impl<'de> Deserializer<'de> for Field<'de, '_> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => visit_number(number, visitor),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(Items { items: items.iter().enumerate(), array: self }),
            Value::Object(fields) => {
                visitor.visit_map(Fields { left: fields.iter(), next: None, object: self })
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.value {
            Value::Null => visitor.visit_none(),
            Value::String(text) if blank::is_blank(text) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        if let Value::String(text) = self.value {
            if let Some(used) = text::limit(name) {
                self.note_length(text, used);
            }
            if name == Country::NAME && Country::new(text).is_none() {
                self.notes.borrow_mut().push(Note::Country { path: self.path.to_string() });
            }
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        match self.value {
            Value::Object(_) => self.deserialize_any(visitor),
            _ => Err(de::Error::invalid_type(self.unexpected(), &"an object")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        for name in self.value.as_object().into_iter().flat_map(Map::keys) {
            Field { path: Path::Field(&self.path, name), ..self }.note_name(name);
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        match self.value {
            Value::String(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            _ => Err(de::Error::invalid_type(self.unexpected(), &"a text")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier
    }
}

/// JSON has one kind of number: 4900, 4900.0 and 4.9e3 are the same.
fn visit_number<'a, V: Visitor<'a>>(number: &Number, visitor: V) -> Result<V::Value, Refusal> {
    let value = number.as_f64().unwrap_or(f64::NAN);
    let whole = || if value.fract() == 0.0 { format!("{value:.0}").parse::<i64>().ok() } else { None };
    if let Some(natural) = number.as_u64() {
        return visitor.visit_u64(natural);
    }
    match number.as_i64().or_else(whole) {
        Some(whole) if whole >= 0 => visitor.visit_u64(whole.unsigned_abs()),
        Some(negative) => visitor.visit_i64(negative),
        None => visitor.visit_f64(value),
    }
}

/// The items of an array.
struct Items<'a, 'p> {
    items: Enumerate<slice::Iter<'a, Value>>,
    array: Field<'a, 'p>,
}

impl<'a> SeqAccess<'a> for Items<'a, '_> {
    type Error = Refusal;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Refusal> {
        let Some((index, value)) = self.items.next() else { return Ok(None) };
        let path = Path::Item(&self.array.path, index);
        let item = Field { value, path, notes: self.array.notes };
        seed.deserialize(item).map(Some).map_err(|refusal| refusal.at(&path))
    }
}

/// The fields of an object.
struct Fields<'a, 'p> {
    left: map::Iter<'a>,
    next: Option<(&'a str, &'a Value)>,
    object: Field<'a, 'p>,
}

impl<'a> MapAccess<'a> for Fields<'a, '_> {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        self.next = self.left.next().map(|(name, value)| (name.as_str(), value));
        self.next.map(|(name, _)| seed.deserialize(name.into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Refusal> {
        let (name, value) = self.next.unwrap_or(("", &Value::Null));
        let path = Path::Field(&self.object.path, name);
        let field = Field { value, path, notes: self.object.notes };
        seed.deserialize(field).map_err(|refusal| refusal.at(&path))
    }
}
