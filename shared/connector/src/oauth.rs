//! OAuth: a valid access token for a call, refreshed by one caller at a time and stored before it is used.
//!
//! [`domain::token`] decides; this module reads, calls the app and writes. A connector keeps one [`TokenSource`] and
//! calls [`TokenSource::access`] before it calls its app, and [`TokenSource::renewed`] if the app refuses a token that
//! should be valid.

pub(crate) mod authorizer;
mod error;
pub(crate) mod provider;
mod registration;
mod secret;
mod settle;
pub(crate) mod state;

use std::sync::Arc;
use std::time::Duration;

use aws::store::{Store, Swapped};
use aws::vault::Vault;
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Ciphertext;
use domain::manifest::TokenKind;
use domain::time::later;
use domain::token::{MARGIN, Pair, Seen, Step, Tokens};
use jiff::Timestamp;
use runtime::clock::{self, Instant};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::remembered::Remembered;

pub use authorizer::Authorizer;
pub use error::{RefreshError, TokenError};
pub use registration::{Registrar, Registration, RegistrationError};
pub use secret::{NewTokens, RefreshToken};

/// How long a cached access token is used, so that the token of a reconnected account is found.
const FRESH: Duration = Duration::from_mins(1);

/// How long a refresh may take, and how long other callers wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The lease during which no other caller requests tokens; longer than requesting and storing take together.
    pub lease: Duration,
    /// How long the app has to respond.
    pub answer: Duration,
    /// How long a caller waits for another caller's refresh.
    pub patience: Duration,
    /// How often a waiting caller reads the stored tokens.
    pub poll: Duration,
    /// How long the app is not called after a temporary fault.
    pub rest: Duration,
}

impl Default for Pace {
    /// Waiting and then requesting end well within the time limit of a job's call: a refresh that is canceled while the
    /// app responds loses the new pair.
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(20),
            answer: Duration::from_secs(10),
            patience: Duration::from_secs(10),
            poll: Duration::from_millis(250),
            rest: Duration::from_secs(5),
        }
    }
}

/// The access tokens of one app's accounts.
#[derive(Debug)]
pub struct TokenSource {
    app: App,
    store: Store,
    vault: Vault,
    pace: Pace,
    known: Remembered<Arc<Mutex<Option<Known>>>>,
}

/// A decrypted access token.
#[derive(Debug, Clone)]
struct Known {
    read: Instant,
    sealed: Ciphertext,
    expires_at: Timestamp,
    access: SecretString,
}

/// One caller's request for a token.
#[derive(Debug, Clone, Copy)]
struct Need<'a> {
    marketplace: &'a MarketplaceId,
    integration: &'a IntegrationId,
    now: Timestamp,
    began: Instant,
}

impl Need<'_> {
    /// The time now: `now` is when the caller began.
    fn now(&self) -> Timestamp {
        later(self.now, self.began.elapsed())
    }
}

/// The result of requesting new tokens from the app.
#[derive(Debug)]
enum Settled {
    /// The new pair is stored; this is its access token.
    Ours(Known),
    /// This caller has stored no new pair: use the stored tokens.
    Look(Tokens),
}

impl TokenSource {
    /// The token source for `app`'s accounts.
    pub fn new(app: App, store: Store, vault: Vault) -> Self {
        Self { app, store, vault, pace: Pace::default(), known: Remembered::default() }
    }

    /// The same with other time limits.
    #[must_use]
    pub fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// An access token that is valid for at least one more minute. If the stored one is not, `refresh` requests a new
    /// pair from the app, unless another caller is doing so: then this caller waits for that pair. `refresh` is called
    /// at most once.
    ///
    /// # Errors
    /// [`TokenError`], which is a [`Setback`](domain::outcome::Setback).
    pub async fn access<F>(
        &self,
        marketplace: &MarketplaceId,
        integration: &IntegrationId,
        now: Timestamp,
        refresh: impl FnOnce(RefreshToken) -> F + Send,
    ) -> Result<SecretString, TokenError>
    where
        F: Future<Output = Result<NewTokens, RefreshError>> + Send,
    {
        self.obtain(marketplace, integration, now, None, refresh).await
    }

    /// Another access token than `refused`, which the app has refused although it should be valid: the stored one, or a
    /// new one if the stored one is `refused`.
    ///
    /// # Errors
    /// [`TokenError`], which is a [`Setback`](domain::outcome::Setback).
    pub async fn renewed<F>(
        &self,
        marketplace: &MarketplaceId,
        integration: &IntegrationId,
        now: Timestamp,
        refused: &SecretString,
        refresh: impl FnOnce(RefreshToken) -> F + Send,
    ) -> Result<SecretString, TokenError>
    where
        F: Future<Output = Result<NewTokens, RefreshError>> + Send,
    {
        self.obtain(marketplace, integration, now, Some(refused), refresh).await
    }

    /// The pair that a login returned, encrypted for its account.
    ///
    /// # Errors
    /// [`TokenError`]: the pair is lost.
    pub async fn sealed(
        &self,
        marketplace: &MarketplaceId,
        integration: &IntegrationId,
        new: &NewTokens,
        now: Timestamp,
    ) -> Result<Pair, TokenError> {
        let need = Need { marketplace, integration, now, began: Instant::now() };
        let (access, refresh) = self.seal(&need, new).await?;
        Ok(Pair { access, refresh, expires_at: new.expires_at(now) })
    }

    /// A token of a pair that was never stored.
    pub(crate) async fn unsealed(
        &self,
        marketplace: &MarketplaceId,
        integration: &IntegrationId,
        pair: &Pair,
        kind: TokenKind,
    ) -> Result<SecretString, TokenError> {
        let sealed = match kind {
            TokenKind::Access => &pair.access,
            TokenKind::Refresh => &pair.refresh,
        };
        Ok(self.vault.decrypt(self.app, marketplace, integration, sealed).await?)
    }

    /// Deletes an account's tokens and returns the one of this kind, if there were any.
    pub(crate) async fn forget(
        &self,
        marketplace: &MarketplaceId,
        integration: &IntegrationId,
        kind: TokenKind,
        now: Timestamp,
    ) -> Result<Option<SecretString>, TokenError> {
        let need = Need { marketplace, integration, now, began: Instant::now() };
        let Some(tokens) = self.store.tokens(marketplace, integration, now).await? else { return Ok(None) };
        let sealed = match kind {
            TokenKind::Access => &tokens.access,
            TokenKind::Refresh => &tokens.refresh,
        };
        let token = self.decrypt(&need, sealed).await;
        self.store.delete_tokens(marketplace, integration).await?;
        self.known.forget(marketplace, integration);
        token.map(Some)
    }

    async fn obtain<F>(
        &self,
        marketplace: &MarketplaceId,
        integration: &IntegrationId,
        now: Timestamp,
        refused: Option<&SecretString>,
        refresh: impl FnOnce(RefreshToken) -> F + Send,
    ) -> Result<SecretString, TokenError>
    where
        F: Future<Output = Result<NewTokens, RefreshError>> + Send,
    {
        let need = Need { marketplace, integration, now, began: Instant::now() };
        let slot = self.known.of(marketplace, integration, Arc::default, |slot| Arc::clone(slot));
        // One caller of this function instance at a time: a batch of one account's jobs reads once, and refreshes once.
        let Ok(mut known) = tokio::time::timeout(self.pace.patience, slot.lock()).await else {
            return Err(TokenError::busy(self.app, later(need.now(), self.pace.rest)));
        };
        if let Some(known) = known.as_ref()
            && known.read.elapsed() < FRESH
            && known.expires_at.duration_since(need.now()) >= MARGIN
            && refused.is_none_or(|refused| refused.expose_secret() != known.access.expose_secret())
        {
            return Ok(known.access.clone());
        }
        let found = self.look(&need, known.as_ref(), refused, refresh).await?;
        Ok(known.insert(found).access.clone())
    }

    /// Repeats [`Tokens::next`] until there is a token.
    async fn look<F>(
        &self,
        need: &Need<'_>,
        known: Option<&Known>,
        refused: Option<&SecretString>,
        refresh: impl FnOnce(RefreshToken) -> F + Send,
    ) -> Result<Known, TokenError>
    where
        F: Future<Output = Result<NewTokens, RefreshError>> + Send,
    {
        let mut refresh = Some(refresh);
        let mut seen = Seen::default();
        let mut stands = self.read(need).await?;
        if let Some(refused) = refused {
            let access = self.open(need, &stands, known).await?;
            seen.refused = (access.expose_secret() == refused.expose_secret()).then_some(stands.version);
        }
        loop {
            seen.first = seen.first.or(Some(stands.version));
            match stands.next(seen, need.now()) {
                Step::Use => {
                    let access = self.open(need, &stands, known).await?;
                    return Ok(Known::of(&stands, access));
                }
                Step::Wait(until) if need.began.elapsed() >= self.pace.patience => {
                    return Err(TokenError::busy(self.app, until));
                }
                Step::Wait(_) => {
                    tokio::time::sleep(self.pace.poll).await;
                    stands = self.read(need).await?;
                }
                Step::Refresh => {
                    // This caller has already called the app, and the result can no longer be used: one request per
                    // call is the limit.
                    let Some(ask) = refresh.take() else {
                        return Err(TokenError::busy(self.app, later(need.now(), self.pace.rest)));
                    };
                    let token = RefreshToken::new(self.decrypt(need, &stands.refresh).await?);
                    let until = later(need.now(), self.pace.lease);
                    let leased = stands.leased(clock::unique(), until, clock::unique());
                    match self.swap(need, &stands, &leased).await? {
                        Swapped::Stands(other) => {
                            refresh = Some(ask);
                            stands = self.connected(other)?;
                        }
                        // The lease has ended in the meantime: another caller may be calling the app.
                        Swapped::Done if need.now() >= until => {
                            return Err(TokenError::busy(self.app, later(until, self.pace.rest)));
                        }
                        Swapped::Done => match self.refresh(need, leased, ask(token)).await? {
                            Settled::Ours(known) => return Ok(known),
                            Settled::Look(tokens) => stands = tokens,
                        },
                    }
                }
                // The caller that made the request reports its result. The other callers got no response from the app:
                // they wait.
                Step::Failed(_, reason) if refresh.is_none() => return Err(TokenError::Later { reason }),
                Step::Failed(until, reason) | Step::Limited(until, reason) => {
                    return Err(TokenError::NotBefore { until, reason });
                }
                Step::Reconnect(reason) => return Err(TokenError::Reconnect { reason }),
            }
        }
    }
}

impl Known {
    fn of(tokens: &Tokens, access: SecretString) -> Self {
        Self { read: Instant::now(), sealed: tokens.access.clone(), expires_at: tokens.expires_at, access }
    }
}
