//! A syntactically valid e-mail address. Only its mail server knows whether it exists.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::blank;

/// The longest accepted address, in characters.
const MAX: usize = 320;

/// An e-mail address as given, without the blanks around it and without invisible characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The reason why a text is no e-mail address. The text itself is left out: messages are logged, addresses are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    /// Not exactly one `@` with text on both sides.
    #[error("is not an e-mail address: it needs one `@` with text on both sides, such as ana@example.com")]
    Shape,
    /// A blank or a control character inside.
    #[error("is not an e-mail address: it has a blank or a control character inside")]
    Blank,
    /// More than 320 characters.
    #[error("is not an e-mail address: it has more than 320 characters")]
    TooLong,
}

impl Email {
    /// Validates the text, without the characters that [`blank::address`] removes.
    pub fn new(text: &str) -> Result<Self, InvalidEmail> {
        if text.chars().count() > MAX {
            return Err(InvalidEmail::TooLong);
        }
        let text = blank::address(text);
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(InvalidEmail::Blank);
        }
        match text.split_once('@') {
            Some((local, host)) if !local.is_empty() && !host.is_empty() && !host.contains('@') => {
                Ok(Self(text))
            }
            _ => Err(InvalidEmail::Shape),
        }
    }

    /// The address in its original case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address in lower case: equal for addresses that reach the same mailbox in practice.
    pub fn normalised(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;
    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        Self::new(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> String {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_kept_and_can_be_ignored() {
        let email = Email::new(" Ana.Lima@Example.COM\n").unwrap();
        assert_eq!(email.as_str(), "Ana.Lima@Example.COM");
        assert_eq!(email.normalised(), "ana.lima@example.com");
    }

    #[test]
    fn a_pasted_address_is_the_one_that_was_typed() {
        for pasted in
            ["a@example.com\u{200b}", "\u{feff}a@example.com ", "a\u{ad}@exam\u{2060}ple.com\u{200e}"]
        {
            assert_eq!(Email::new(pasted).unwrap().as_str(), "a@example.com", "{pasted:?}");
        }
        assert_eq!(Email::new("\u{200b}@example.com"), Err(InvalidEmail::Shape));
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for shape in ["", "ana", "@example.com", "ana@", "ana@home@example.com", "@"] {
            assert_eq!(Email::new(shape), Err(InvalidEmail::Shape), "{shape}");
        }
        for blank in ["ana lima@example.com", "ana@exam\u{7}ple.com", "ana@\u{a0}example.com"] {
            assert_eq!(Email::new(blank), Err(InvalidEmail::Blank), "{blank}");
        }
        assert_eq!(Email::new(&format!("{}@example.com", "a".repeat(320))), Err(InvalidEmail::TooLong));
    }

    #[test]
    fn unusual_but_possible_addresses_are_taken() {
        for email in ["josé@exämple.com", "a+tag@localhost", "o'neil@example.co.uk", "#1@example.com"] {
            assert!(Email::new(email).is_ok(), "{email}");
        }
    }

    #[test]
    fn a_refusal_does_not_repeat_the_address() {
        assert!(!Email::new("ana lima@example.com").unwrap_err().to_string().contains("lima"));
    }
}
