//! Answers of placeholders: a value of any type that a connector reads, whose texts and ids name their place.
//!
//! Lists have one entry, optional values are absent, flags are false, and numbers are 1.

use std::iter::{once, repeat_with};

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::recording;

/// An error of the reader's own checks, for example of a time.
type Error = serde::de::value::Error;

/// The texts and the numbers of placeholders start with these, so that they can be recognized in a request.
const TEXT: &str = "zzplaceholder";
const NUMBER: u64 = 8_470_000_000_000_000;

/// The placeholders with these names: for each, the text in its place and the text that is shown. A later text can
/// begin with an earlier one, so the later ones come first.
pub(super) fn texts(names: &[String]) -> impl Iterator<Item = (String, String)> {
    names.iter().enumerate().rev().flat_map(|(index, name)| {
        let shown = format!("{{{name}}}");
        [(text(index), shown.clone()), (number(index).to_string(), shown)]
    })
}

fn text(index: usize) -> String {
    format!("{TEXT}{index}")
}

fn number(index: usize) -> u64 {
    NUMBER + index as u64
}

/// The placeholder for a text of the answer to a request.
pub(crate) fn named(request: usize, path: &str) -> Option<String> {
    recording::name(format!("{path} of answer {request}")).map(text)
}

/// The answer to a request of a preview.
pub(crate) fn answer<T: DeserializeOwned>(request: usize) -> Result<T, Error> {
    let read = T::deserialize(Place { request, path: String::new() });
    if read.is_err() {
        recording::stop();
    }
    read
}

/// A place in an answer.
#[derive(Clone)]
struct Place {
    request: usize,
    path: String,
}

impl Place {
    fn field(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { request: self.request, path }
    }

    fn named(&self) -> Result<usize, Error> {
        let name = format!("{} of answer {}", self.path, self.request);
        recording::name(name).ok_or_else(|| Error::custom("no preview"))
    }

    fn is_id(&self) -> bool {
        let name = self.path.rsplit('.').next().unwrap_or_default();
        name == "id" || name.ends_with("_id")
    }
}

impl IntoDeserializer<'_, Error> for Place {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Methods that read every value of their type as the same value.
macro_rules! always {
    ($($method:ident: $visit:ident($($value:expr)?),)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit($($value)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Place {
    type Error = Error;

    always! {
        deserialize_bool: visit_bool(false),
        deserialize_u8: visit_u8(1),
        deserialize_u16: visit_u8(1),
        deserialize_u32: visit_u8(1),
        deserialize_i8: visit_i8(1),
        deserialize_i16: visit_i8(1),
        deserialize_i32: visit_i8(1),
        deserialize_f32: visit_f32(1.0),
        deserialize_f64: visit_f64(1.0),
        deserialize_option: visit_none(),
        deserialize_unit: visit_unit(),
        deserialize_ignored_any: visit_unit(),
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(text(self.named()?))
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_id() { visitor.visit_u64(number(self.named()?)) } else { visitor.visit_u64(1) }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_tuple(1, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(repeat_with(|| self.clone()).take(len)))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(MapDeserializer::new(fields.iter().map(|name| (*name, self.field(name)))))
    }

    /// The first variant. Its value is a text, a list or nothing; no app sends a variant with fields.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let first = variants.first().copied().unwrap_or_default();
        visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(once((first, self)))))
    }

    forward_to_deserialize_any! { i128 u128 char str string bytes byte_buf identifier }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Page {
        data: Vec<Entry>,
        total: u64,
        next: Option<String>,
        links: BTreeMap<String, String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Entry {
        id: u64,
        name: String,
        #[serde(rename = "isMember")]
        is_member: bool,
        state: State,
        price: f64,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum State {
        Active,
        #[serde(other)]
        Unknown,
    }

    #[derive(Debug, Deserialize)]
    struct Dated {
        #[serde(rename = "at")]
        _at: jiff::Timestamp,
    }

    #[tokio::test]
    async fn an_answer_of_any_type_names_the_places_of_its_texts_and_ids() {
        let (page, recording) = recording::record(async { answer::<Page>(2).unwrap() }).await;
        let [entry] = &page.data[..] else { panic!("{page:?}") };
        assert_eq!((page.total, page.next, page.links.len()), (1, None, 0));
        assert_eq!((entry.is_member, &entry.state), (false, &State::Active));
        let shown = |said: &str| {
            let said = said.to_owned();
            texts(&recording.placeholders).fold(said, |said, (text, shown)| said.replace(&text, &shown))
        };
        assert_eq!(shown(&entry.name), "{data.name of answer 2}");
        assert_eq!(shown(&entry.id.to_string()), "{data.id of answer 2}");
        assert!(!recording.stopped);
    }

    #[tokio::test]
    async fn a_type_that_accepts_no_placeholder_stops_the_preview() {
        let (read, recording) = recording::record(async { answer::<Dated>(1) }).await;
        assert!(read.is_err() && recording.stopped);
    }
}
