//! The decrypted credentials that a merchant entered to connect an account.

use std::collections::BTreeMap;
use std::fmt;

use domain::outcome::Setback;
use secrecy::SecretString;

/// The key under which a connector finds an OAuth access token.
pub(crate) const ACCESS_TOKEN: &str = "access_token";

/// Secret values by key. Wiped from memory when dropped; never shown, not even in part.
#[derive(Clone)]
pub struct Credentials(BTreeMap<String, SecretString>);

/// Credentials that a connector cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCredentials {
    /// Not a JSON object of text values. The error quotes no part of it.
    #[error("the stored credentials are not a JSON object of strings")]
    Malformed,
    /// A key that the connector needs is absent or blank.
    #[error("the stored credentials have no `{key}`")]
    Missing {
        /// The key.
        key: String,
    },
}

impl Credentials {
    /// Reads the decrypted JSON object.
    ///
    /// # Errors
    /// [`InvalidCredentials::Malformed`]
    pub fn parse(json: &[u8]) -> Result<Self, InvalidCredentials> {
        // serde's message would quote a value.
        serde_json::from_slice(json).map(Self).map_err(|_| InvalidCredentials::Malformed)
    }

    /// The value under a key.
    ///
    /// # Errors
    /// [`InvalidCredentials::Missing`]
    pub fn get(&self, key: &str) -> Result<&SecretString, InvalidCredentials> {
        use secrecy::ExposeSecret;
        let value = self.0.get(key).filter(|value| !value.expose_secret().trim().is_empty());
        value.ok_or_else(|| InvalidCredentials::Missing { key: key.to_owned() })
    }
}

impl Credentials {
    /// The JSON that [`parse`](Self::parse) reads; only to be encrypted.
    pub(crate) fn json(&self) -> SecretString {
        use secrecy::ExposeSecret;
        let plain: BTreeMap<_, _> = self.0.iter().map(|(key, value)| (key, value.expose_secret())).collect();
        SecretString::from(serde_json::to_string(&plain).unwrap_or_default())
    }

    /// The same credentials without one key.
    #[must_use]
    pub(crate) fn without(mut self, key: &str) -> Self {
        self.0.remove(key);
        self
    }

    /// The same credentials with one more key, or with another value for it.
    #[must_use]
    pub fn with(mut self, key: &str, value: SecretString) -> Self {
        self.0.insert(key.to_owned(), value);
        self
    }
}

impl fmt::Debug for Credentials {
    /// Shows the keys only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credentials").field(&self.0.keys().collect::<Vec<_>>()).finish()
    }
}

impl From<InvalidCredentials> for Setback {
    fn from(error: InvalidCredentials) -> Self {
        let message = match error {
            InvalidCredentials::Malformed => "The stored credentials cannot be read.".to_owned(),
            InvalidCredentials::Missing { key } => format!("The stored credentials have no `{key}`."),
        };
        Setback::reconnect(message, "Connect the integration again.")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_value_is_found_by_its_key_and_a_blank_one_is_missing() {
        let credentials = Credentials::parse(br#"{"api_key":"s3cret-us6","url":" "}"#).unwrap();
        assert_eq!(credentials.get("api_key").unwrap().expose_secret(), "s3cret-us6");
        for key in ["url", "signing_secret"] {
            assert_eq!(credentials.get(key).unwrap_err(), InvalidCredentials::Missing { key: key.into() });
        }
    }

    #[test]
    fn nothing_shows_a_value() {
        let credentials = Credentials::parse(br#"{"api_key":"s3cret"}"#).unwrap();
        assert_eq!(format!("{credentials:?}"), r#"Credentials(["api_key"])"#);
        for json in [r#"{"api_key":["s3cret"]}"#, r#""s3cret""#, r#"{"api_key":"s3cret"#] {
            let error = Credentials::parse(json.as_bytes()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
    }
}
