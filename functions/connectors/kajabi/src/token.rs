//! Access tokens, kept in memory from call to call.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use domain::token::MARGIN;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use crate::error::Failure;

/// The access tokens that this process has asked for, by API key and secret.
#[derive(Clone, Default)]
pub(crate) struct Tokens(Arc<Mutex<HashMap<Pair, Slot>>>);

/// A digest of API key and secret. Of both: whoever knows a key only must not get a token that its secret earned.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Pair([u8; 32]);

/// The place of one pair's token. Locked while it is asked for, so that a batch of one account's jobs asks once.
#[derive(Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Option<Token>>>);

/// An access token.
pub(crate) struct Token {
    access: SecretString,
    good_until: Timestamp,
}

/// A token to call with.
pub(crate) struct Lent {
    pub(crate) access: SecretString,
    /// Whether it was asked for just now. One that was kept may have been withdrawn meanwhile.
    pub(crate) is_new: bool,
}

impl Token {
    /// One that expires so many seconds after `now`.
    pub(crate) fn new(access: SecretString, expires_in: i64, now: Timestamp) -> Self {
        let lifetime = SignedDuration::from_secs(expires_in).saturating_sub(MARGIN);
        Self { access, good_until: now.saturating_add(lifetime).unwrap_or(now) }
    }
}

impl Tokens {
    /// The place of this pair's token. Those of tokens that are over are cleared away.
    pub(crate) async fn of(&self, id: &SecretString, secret: &SecretString, now: Timestamp) -> Slot {
        let (id, secret) = (id.expose_secret().trim(), secret.expose_secret().trim());
        // A pair is not another that reads the same in one piece.
        let digest = Sha256::new_with_prefix(Sha256::digest(id)).chain_update(secret).finalize();
        let mut slots = self.0.lock().await;
        slots.retain(|_, slot| slot.is_of_use(now));
        slots.entry(Pair(digest.into())).or_default().clone()
    }
}

impl Slot {
    /// The token that stands here, or a new one where there is none, or it is over, or it is the one that was refused.
    pub(crate) async fn token(
        &self,
        refused: Option<&SecretString>,
        now: Timestamp,
        ask: impl Future<Output = Result<Token, Failure>>,
    ) -> Result<Lent, Failure> {
        let mut slot = self.0.lock().await;
        let is_refused = |token: &Token| {
            refused.is_some_and(|refused| refused.expose_secret() == token.access.expose_secret())
        };
        if slot.as_ref().is_some_and(|token| token.good_until <= now || is_refused(token)) {
            *slot = None;
        }
        if let Some(token) = slot.as_ref() {
            return Ok(Lent { access: token.access.clone(), is_new: false });
        }
        let token = slot.insert(ask.await?);
        Ok(Lent { access: token.access.clone(), is_new: true })
    }

    /// In somebody's hands, or with a token that is still good.
    fn is_of_use(&self, now: Timestamp) -> bool {
        Arc::strong_count(&self.0) > 1
            || self.0.try_lock().is_ok_and(|slot| slot.as_ref().is_some_and(|token| token.good_until > now))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}
