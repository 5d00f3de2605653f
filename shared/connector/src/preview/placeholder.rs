//! Answers of placeholders: a value of any type that a connector reads, whose texts and ids name their place.
//!
//! Lists have one entry, optional values are absent, flags are false, and numbers are 1.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
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
struct Place {
    request: usize,
    path: String,
}

impl Place {
    fn field(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { request: self.request, path }
    }

    fn same(&self) -> Self {
        Self { request: self.request, path: self.path.clone() }
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

impl<'de> Deserializer<'de> for Place {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(text(self.named()?))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(false)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_id() { visitor.visit_u64(number(self.named()?)) } else { visitor.visit_u64(1) }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u8(1)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u8(1)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u8(1)
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i8(1)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i8(1)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i8(1)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f32(1.0)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(1.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_none()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Entries { place: self, left: 1 })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Entries { place: self, left: len })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Fields { place: self, names: [].iter(), name: "" })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(Fields { place: self, names: fields.iter(), name: "" })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(Variant { place: self, name: variants.first().copied().unwrap_or_default() })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 char str string bytes byte_buf identifier }
}

/// The entries of a list.
struct Entries {
    place: Place,
    left: usize,
}

impl<'de> SeqAccess<'de> for Entries {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(self.place.same()).map(Some)
    }
}

/// The fields of an object.
struct Fields {
    place: Place,
    names: std::slice::Iter<'static, &'static str>,
    name: &'static str,
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(name) = self.names.next() else { return Ok(None) };
        self.name = name;
        let key: StrDeserializer<'_, Error> = self.name.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(self.place.field(self.name))
    }
}

/// The first variant of an enum.
struct Variant {
    place: Place,
    name: &'static str,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.place)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.place.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.place.deserialize_struct("", fields, visitor)
    }
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
