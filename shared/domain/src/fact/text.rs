//! Text of a producer, bounded so that none outgrows a field of an app. What a whole fact may weigh says
//! [`arrival`](super::arrival).

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// Text of `MIN` to `MAX` characters, kept as given.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MIN: usize, const MAX: usize>(String);

/// A producer's id of something that the engine only passes on.
pub type Id = Text<1, 128>;
/// What something is called; never empty.
pub type Name = Text<1, 256>;
/// A short text that may be empty.
pub type Label = Text<0, 256>;
/// A text that a person wrote; may be empty.
pub type Prose = Text<0, 10_000>;

/// Text that is too long or too short.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Empty where something must stand.
    #[error("is empty; leave an optional field out or give it a value")]
    TooShort,
    /// Longer than is kept.
    #[error("has {found} characters; at most {max} are taken")]
    TooLong {
        /// How many it has.
        found: usize,
        /// How many it may have.
        max: usize,
    },
}

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// Checks the length, in characters, and takes the text.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidText> {
        let text = text.into();
        match text.chars().count() {
            found if found < MIN => Err(InvalidText::TooShort),
            found if found > MAX => Err(InvalidText::TooLong { found, max: MAX }),
            _ => Ok(Self(text)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> Deref for Text<MIN, MAX> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> std::borrow::Borrow<str> for Text<MIN, MAX> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> fmt::Display for Text<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MIN: usize, const MAX: usize> fmt::Debug for Text<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Text<MIN, MAX> {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::new(text)
    }
}

impl<const MIN: usize, const MAX: usize> From<Text<MIN, MAX>> for String {
    fn from(text: Text<MIN, MAX>) -> String {
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters() {
        assert!(Label::new("é".repeat(256)).is_ok());
        let error = Label::new("é".repeat(257)).unwrap_err();
        assert_eq!(error.to_string(), "has 257 characters; at most 256 are taken");
    }

    #[test]
    fn an_id_and_a_name_are_never_empty() {
        assert_eq!(Id::new(""), Err(InvalidText::TooShort));
        assert_eq!(Name::new(""), Err(InvalidText::TooShort));
        assert!(Label::new("").is_ok());
    }
}
