//! Limits on the number and length of values in a request. A value beyond its limit is rejected while it is read, with
//! its field.

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error};

/// The maximum size in bytes of a request body, other than of an import of rules.
pub(crate) const LARGEST_BODY: usize = 512 * 1024;
/// The maximum size in bytes of an import of rules: the largest document as JSON with every character escaped. Lambda's
/// own limit is 6 MB, for the body escaped once more.
pub(crate) const LARGEST_IMPORT: usize = 3 * 1024 * 1024;

/// A number of items: 1 to `MOST`, and `USUAL` if absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit<const USUAL: usize, const MOST: usize>(usize);

impl<const USUAL: usize, const MOST: usize> Limit<USUAL, MOST> {
    /// The number.
    pub fn get(self) -> usize {
        self.0
    }
}

impl<const USUAL: usize, const MOST: usize> Default for Limit<USUAL, MOST> {
    fn default() -> Self {
        Self(USUAL)
    }
}

impl<'de, const USUAL: usize, const MOST: usize> Deserialize<'de> for Limit<USUAL, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match usize::deserialize(deserializer)? {
            limit if (1..=MOST).contains(&limit) => Ok(Self(limit)),
            _ => Err(D::Error::custom(format!("It must be 1 to {MOST}."))),
        }
    }
}

/// A text with `SHORTEST` to `LONGEST` characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text<const SHORTEST: usize, const LONGEST: usize>(String);

impl<const SHORTEST: usize, const LONGEST: usize> From<Text<SHORTEST, LONGEST>> for String {
    fn from(text: Text<SHORTEST, LONGEST>) -> Self {
        text.0
    }
}

impl<'de, const SHORTEST: usize, const LONGEST: usize> Deserialize<'de> for Text<SHORTEST, LONGEST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if (SHORTEST..=LONGEST).contains(&text.chars().count()) {
            Ok(Self(text))
        } else {
            Err(D::Error::custom(format!("It must have {SHORTEST} to {LONGEST} characters.")))
        }
    }
}

/// An email address.
pub(crate) type Address = Text<1, 320>;
/// An id that the platform assigns.
pub(crate) type ForeignId = Text<1, 256>;
/// A text to search for.
pub(crate) type Phrase = Text<1, 200>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_one_to_the_most() {
        let read = serde_json::from_str::<Limit<25, 100>>;
        assert_eq!((read("1").unwrap().get(), read("100").unwrap().get()), (1, 100));
        assert_eq!(Limit::<25, 100>::default().get(), 25);
        for wrong in ["0", "101", "-1", "1.5", "\"1\""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_text_is_neither_empty_nor_too_long() {
        let read = |text: &str| serde_json::from_value::<Text<1, 5>>(text.into());
        assert_eq!(String::from(read(&"ü".repeat(5)).unwrap()), "üüüüü");
        assert!(
            serde_json::from_str::<Text<0, 5>>("\"\"").is_ok()
                && read("").is_err()
                && read(&"ü".repeat(6)).is_err()
        );
    }
}
