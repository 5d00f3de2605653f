//! Tokens while they are open. Wiped from memory when dropped; never shown, not even in part.

use domain::time;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

/// What an app gives new tokens for.
#[derive(Debug, Clone)]
pub struct RefreshToken(SecretString);

impl RefreshToken {
    /// From a token endpoint's answer.
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(token.into())
    }
}

impl ExposeSecret<str> for RefreshToken {
    fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What a token endpoint answered.
#[derive(Debug, Clone)]
pub struct NewTokens {
    /// The access token.
    pub access: SecretString,
    /// The refresh token; the one that was asked with, where the app issues no new one.
    pub refresh: RefreshToken,
    /// For how long the access token is good (`expires_in`).
    pub expires_in: SignedDuration,
}

impl NewTokens {
    /// When the access token expires, counted from when it was asked for.
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
