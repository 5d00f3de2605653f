//! Access tokens, cached in memory between calls.

use connector::keyed::Keyed;
use domain::token::MARGIN;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::error::Failure;

/// The access tokens that this process has requested, by API key and secret.
pub(crate) type Tokens = Keyed<Pair, Option<Token>>;

/// A digest of API key and secret. It includes the secret, so that a caller who knows only the key cannot use a token
/// of that key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Pair([u8; 32]);

impl Pair {
    pub(crate) fn of(id: &SecretString, secret: &SecretString) -> Self {
        let (id, secret) = (id.expose_secret().trim(), secret.expose_secret().trim());
        // The key is hashed first, so that two pairs with the same concatenation have different digests.
        Self(Sha256::new_with_prefix(Sha256::digest(id)).chain_update(secret).finalize().into())
    }
}

/// An access token.
pub(crate) struct Token {
    access: SecretString,
    good_until: Timestamp,
}

impl Token {
    /// A token that expires `expires_in` seconds after `now`.
    pub(crate) fn new(access: SecretString, expires_in: i64, now: Timestamp) -> Self {
        let lifetime = SignedDuration::from_secs(expires_in).saturating_sub(MARGIN);
        Self { access, good_until: now.saturating_add(lifetime).unwrap_or(now) }
    }
}

/// A token for a call.
pub(crate) struct Lent {
    pub(crate) access: SecretString,
    /// Whether it was just requested. A cached token may have been revoked in the meantime.
    pub(crate) is_new: bool,
}

/// Returns the pair's token. Requests a new one if there is none, if it has expired, or if it is the rejected token. A
/// batch of jobs of one account requests one token.
pub(crate) async fn lend(
    tokens: &Tokens,
    pair: Pair,
    refused: Option<&SecretString>,
    now: Timestamp,
    ask: impl Future<Output = Result<Token, Failure>>,
) -> Result<Lent, Failure> {
    let is_good = |token: &Token| token.good_until > now;
    let is_refused = |token: &Token| {
        refused.is_some_and(|refused| refused.expose_secret() == token.access.expose_secret())
    };
    let mut kept = tokens.take(pair, |token| token.as_ref().is_some_and(is_good)).await;
    if let Some(token) = kept.take().filter(|token| is_good(token) && !is_refused(token)) {
        let token = kept.insert(token);
        return Ok(Lent { access: token.access.clone(), is_new: false });
    }
    let token = kept.insert(ask.await?);
    Ok(Lent { access: token.access.clone(), is_new: true })
}
