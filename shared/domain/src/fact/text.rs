//! Texts from producers. An id that is too long is rejected; a descriptive text is cut.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};

use crate::blank;

/// A producer's id, 1 to 128 characters. Blanks around it are not part of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Id(String);

/// A text that is not a valid id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Blank, although a value is required.
    #[error("is blank; give it a value")]
    Blank,
    /// Too long. It is not cut, because half an id is another id.
    #[error("has {0} characters; an id has at most {max}", max = Id::MAX)]
    TooLong(usize),
}

impl Id {
    /// The most characters of an id.
    pub const MAX: usize = 128;

    /// Validates the text, without the blanks around it.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        let text = blank::trimmed(text);
        match text.chars().count() {
            0 => Err(InvalidId::Blank),
            length if length > Self::MAX => Err(InvalidId::TooLong(length)),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Id {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::new(&text)
    }
}

/// A short descriptive text: a name, a phone number, a campaign. Cut to 256 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Label(String);

/// A text that a person wrote. Cut to 10,000 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Prose(String);

/// The most characters of a type of text, by the type's name; `None` if it is not cut.
pub(super) fn limit(name: &str) -> Option<usize> {
    match name {
        Label::NAME => Some(Label::MAX),
        Prose::NAME => Some(Prose::MAX),
        _ => None,
    }
}

macro_rules! describing {
    ($type:ident, $max:literal) => {
        impl $type {
            const NAME: &'static str = stringify!($type);

            /// The most characters that are used.
            pub const MAX: usize = $max;

            /// The text, cut to the most characters.
            pub fn new(text: &str) -> Self {
                let end = text.char_indices().nth(Self::MAX).map_or(text.len(), |(at, _)| at);
                Self(text[..end].to_owned())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl<'de> Visitor<'de> for Text {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a text")
                    }

                    fn visit_str<E: Error>(self, text: &str) -> Result<$type, E> {
                        Ok($type::new(text))
                    }

                    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<$type, D::Error> {
                        inner.deserialize_str(self)
                    }
                }

                deserializer.deserialize_newtype_struct(Self::NAME, Text)
            }
        }
    };
}

describing!(Label, 256);
describing!(Prose, 10_000);

macro_rules! text {
    ($($type:ident)*) => {$(
        impl $type {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Deref for $type {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )*};
}

text!(Id Label Prose);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_whole_or_refused() {
        assert_eq!(Id::new(" ord_1\u{200b}\n").unwrap().as_str(), "ord_1");
        assert_eq!(Id::new(" \u{200b}"), Err(InvalidId::Blank));
        assert!(Id::new(&"é".repeat(128)).is_ok());
        let error = Id::new(&"é".repeat(129)).unwrap_err();
        assert_eq!(error.to_string(), "has 129 characters; an id has at most 128");
    }

    #[test]
    fn a_text_that_describes_is_cut_between_characters_and_otherwise_kept_as_given() {
        assert_eq!(Label::new(" é ").as_str(), " é ");
        assert_eq!(Label::new(&"é".repeat(300)).as_str(), "é".repeat(256));
        assert_eq!(Prose::new(&"x".repeat(10_001)).len(), 10_000);
    }

    #[test]
    fn a_text_is_stored_as_a_text() {
        let label = Label::new("Ada");
        let stored = serde_json::to_value(&label).unwrap();
        assert_eq!(stored, "Ada");
        assert_eq!(serde_json::from_value::<Label>(stored).unwrap(), label);
    }
}
