//! Decrypted tokens. Wiped from memory when dropped; never shown, not even in part.

use domain::time;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

/// A refresh token: an app exchanges it for new tokens.
#[derive(Debug, Clone)]
pub struct RefreshToken(SecretString);

impl RefreshToken {
    /// A token from a token endpoint's response.
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(token.into())
    }
}

impl ExposeSecret<str> for RefreshToken {
    fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

/// The tokens of a token endpoint's response.
#[derive(Debug, Clone)]
pub struct NewTokens {
    /// The access token.
    pub access: SecretString,
    /// The refresh token; if the app issues no new one, the one in the request.
    pub refresh: RefreshToken,
    /// The lifetime of the access token (`expires_in`).
    pub expires_in: SignedDuration,
}

impl NewTokens {
    /// When the access token expires, counted from the time of the request.
    pub(super) fn expires_at(&self, asked: Timestamp) -> Timestamp {
        time::after(asked, self.expires_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_a_token() {
        let new = NewTokens {
            access: "s3cret-access".into(),
            refresh: RefreshToken::new("s3cret-refresh"),
            expires_in: SignedDuration::from_hours(1),
        };
        assert!(!format!("{new:?}").contains("s3cret"), "{new:?}");
    }
}
