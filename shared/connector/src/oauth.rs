//! OAuth: a valid access token for a call, refreshed by one caller at a time, stored before it is used.
//!
//! [`domain::token`] decides; this module reads, asks and writes. A connector keeps one [`TokenSource`] and calls
//! [`TokenSource::access`] before it calls its app; [`TokenSource::renewed`] when the app refuses a token that should
//! have been good.

pub(crate) mod authorizer;
mod error;
pub(crate) mod provider;
mod registration;
mod secret;
mod settle;
pub(crate) mod state;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws::store::{Store, Swapped};
use aws::vault::Vault;
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Ciphertext;
use domain::time::later;
use domain::token::{MARGIN, Pair, Seen, Step, Tokens};
use jiff::Timestamp;
use runtime::clock;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::remembered::Remembered;

pub use authorizer::Authorizer;
pub use error::{RefreshError, TokenError};
pub use registration::{Registrar, Registration, RegistrationError};
pub use secret::{NewTokens, RefreshToken};

/// How long an access token is taken as it was read, so that a reconnected account's is found.
const FRESH: Duration = Duration::from_mins(1);

/// How long a refresh may take, and how long others wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long nobody else asks the app; longer than asking and storing take together.
    pub lease: Duration,
    /// How long the app has to answer.
    pub answer: Duration,
    /// How long a caller waits for somebody else's refresh.
    pub patience: Duration,
    /// How often it looks meanwhile.
    pub poll: Duration,
    /// How long the app is left alone after a fault in passing.
    pub rest: Duration,
}

impl Default for Pace {
    /// Waiting and then asking end well within the time that a job's call may take: one that is broken off while the app
    /// answers loses the new pair.
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

/// An open access token.
#[derive(Debug, Clone)]
struct Known {
    read: Instant,
    sealed: Ciphertext,
    expires_at: Timestamp,
    access: SecretString,
}

/// One caller's need of a token.
#[derive(Debug, Clone, Copy)]
struct Need<'a> {
    marketplace: &'a MarketplaceId,
    integration: &'a IntegrationId,
    now: Timestamp,
    began: Instant,
}

impl Need<'_> {
    /// The time now: `now` was when the caller began.
    fn now(&self) -> Timestamp {
        later(self.now, self.began.elapsed())
    }
}

/// The result of asking the app for new tokens.
#[derive(Debug)]
enum Settled {
    /// The new pair is stored; this is its access token.
    Ours(Known),
    /// No new pair is ours: look at the stored one.
    Look(Tokens),
}

impl TokenSource {
    /// The tokens of `app`'s accounts.
    pub fn new(app: App, store: Store, vault: Vault) -> Self {
        Self { app, store, vault, pace: Pace::default(), known: Remembered::default() }
    }

    /// The same at another pace.
    #[must_use]
    pub fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// An access token that is good for a minute more. Where the stored one is not, `refresh` asks the app for a new
    /// pair, unless somebody else is at it: then theirs is waited for. `refresh` is called once at most.
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

    /// Another access token than `refused`, which the app has refused though it should have been good: the stored one, or a
    /// new one where that is the refused one.
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

    /// The pair that a login yielded, encrypted for its account.
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

    /// The access token of a pair that was never stored.
    pub(crate) async fn unsealed(
        &self,
        marketplace: &MarketplaceId,
        integration: &IntegrationId,
        pair: &Pair,
    ) -> Result<SecretString, TokenError> {
        Ok(self.vault.decrypt(self.app, marketplace, integration, &pair.access).await?)
    }

    /// Forgets an account's tokens for good; what they were, where there were any.
    pub(crate) async fn forget(
        &self,
        marketplace: &MarketplaceId,
        integration: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<SecretString>, TokenError> {
        let need = Need { marketplace, integration, now, began: Instant::now() };
        let Some(tokens) = self.store.tokens(marketplace, integration, now).await? else { return Ok(None) };
        let access = self.decrypt(&need, &tokens.access).await;
        self.store.delete_tokens(marketplace, integration).await?;
        self.known.forget(marketplace, integration);
        access.map(Some)
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
        // One caller of this sandbox at a time: a batch of one account's jobs reads once, and refreshes once.
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

    /// Goes from step to step until there is a token.
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
                    // Asked once already, and what it came to is of no use any more: not again within one call.
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
                        // Away for so long that somebody else may be asking.
                        Swapped::Done if need.now() >= until => {
                            return Err(TokenError::busy(self.app, later(until, self.pace.rest)));
                        }
                        Swapped::Done => match self.refresh(need, leased, ask(token)).await? {
                            Settled::Ours(known) => return Ok(known),
                            Settled::Look(tokens) => stands = tokens,
                        },
                    }
                }
                // Whoever asked tells what came of it. For the others it is no answer of the app's: they wait.
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
