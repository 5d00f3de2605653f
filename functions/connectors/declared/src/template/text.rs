//! A text with alternatives.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

use super::{Template, Unusable, Values};

/// A template, or a list of them of which the first whose values are all present counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub Vec<Template>);

impl Text {
    /// The first alternative whose values are all present.
    ///
    /// # Errors
    /// [`Unusable`]: a filter does not accept a value.
    pub fn text(&self, values: &impl Values) -> Result<Option<String>, Unusable> {
        for template in &self.0 {
            if let Some(text) = template.text(values)? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Template::parse(text).map(|template| Text(vec![template])).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Text, A::Error> {
                let mut list = Vec::new();
                while let Some(template) = seq.next_element()? {
                    list.push(template);
                }
                Ok(Text(list))
            }
        }
        deserializer.deserialize_any(Read)
    }
}
