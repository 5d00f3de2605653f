//! Requests tokens from the app, and stores the result before any caller uses it.

use aws::store::{StoreError, Swapped};
use domain::integration::Ciphertext;
use domain::outcome::Reason;
use domain::time::later;
use domain::token::{Answer, Tokens};
use runtime::clock;
use runtime::logs::Causes;
use secrecy::{ExposeSecret, SecretString};

use super::{Known, Need, NewTokens, RefreshError, Settled, TokenError, TokenSource};

/// How often the engine tries to store a new pair, beyond the SDK's own attempts: no other copy of it exists.
const ROUNDS: usize = 6;

impl TokenSource {
    /// Requests tokens from the app under the lease in `leased`.
    pub(super) async fn refresh<F>(
        &self,
        need: &Need<'_>,
        leased: Tokens,
        ask: F,
    ) -> Result<Settled, TokenError>
    where
        F: Future<Output = Result<NewTokens, RefreshError>> + Send,
    {
        let asked = need.now();
        let answered = tokio::time::timeout(self.pace.answer, ask).await.unwrap_or_else(|_| {
            let limit = self.pace.answer.as_secs();
            let message = format!("{} did not renew the access within {limit} seconds.", self.app.label());
            Err(RefreshError::Unanswered(Reason::new(message)))
        });
        let rest = || later(need.now(), self.pace.rest);
        let (answer, access) = match answered {
            Ok(new) => {
                let (access, refresh) = self.seal_surely(need, &new).await?;
                (Answer::Issued { access, refresh, expires_at: new.expires_at(asked) }, Some(new.access))
            }
            Err(RefreshError::Refused(reason)) => (Answer::Refused(reason), None),
            Err(RefreshError::Limited { until, reason }) => (Answer::Limited(until, reason), None),
            Err(RefreshError::Failed(reason)) => {
                (Answer::Failed { until: rest(), reason, lost: false }, None)
            }
            Err(RefreshError::Unanswered(reason)) => {
                (Answer::Failed { until: rest(), reason, lost: true }, None)
            }
        };
        let mut stands = leased.clone();
        let mut round = 1;
        loop {
            let Some(after) = stands.settled(&leased, answer.clone(), clock::unique()) else {
                return Ok(Settled::Look(stands));
            };
            match self.swap(need, &stands, &after).await {
                Ok(Swapped::Done) => {
                    return Ok(match access {
                        Some(access) => Settled::Ours(Known::of(&after, access)),
                        None => Settled::Look(after),
                    });
                }
                Ok(Swapped::Stands(other)) => stands = self.connected(other)?,
                Err(error) if round == ROUNDS => return Err(error.into()),
                Err(_) => tokio::time::sleep(self.pace.poll).await,
            }
            round += 1;
        }
    }

    /// The tokens as stored now.
    pub(super) async fn read(&self, need: &Need<'_>) -> Result<Tokens, TokenError> {
        let stands = self.store.tokens(need.marketplace, need.integration, need.now()).await?;
        self.connected(stands.map(Box::new))
    }

    /// The tokens, if there are any.
    pub(super) fn connected(&self, stands: Option<Box<Tokens>>) -> Result<Tokens, TokenError> {
        stands.map(|stands| *stands).ok_or_else(|| {
            let reason = Reason::new(format!("There is no access to {}.", self.app.label()));
            TokenError::Reconnect { reason: reason.hint("Connect the integration again.") }
        })
    }

    pub(super) async fn swap(
        &self,
        need: &Need<'_>,
        before: &Tokens,
        after: &Tokens,
    ) -> Result<Swapped, StoreError> {
        self.store.swap_tokens(need.marketplace, need.integration, Some(before), after).await
    }

    /// The access token, decrypted unless it is cached.
    pub(super) async fn open(
        &self,
        need: &Need<'_>,
        tokens: &Tokens,
        known: Option<&Known>,
    ) -> Result<SecretString, TokenError> {
        match known {
            Some(known) if known.sealed == tokens.access => Ok(known.access.clone()),
            _ => self.decrypt(need, &tokens.access).await,
        }
    }

    pub(super) async fn decrypt(
        &self,
        need: &Need<'_>,
        sealed: &Ciphertext,
    ) -> Result<SecretString, TokenError> {
        Ok(self.vault.decrypt(self.app, need.marketplace, need.integration, sealed).await?)
    }

    /// A pair, encrypted: each token separately, because AWS KMS encrypts at most 4,096 bytes and tokens can be long.
    pub(super) async fn seal(
        &self,
        need: &Need<'_>,
        new: &NewTokens,
    ) -> Result<(Ciphertext, Ciphertext), TokenError> {
        let refresh = SecretString::from(new.refresh.expose_secret());
        let seal =
            async |plain| self.vault.encrypt(self.app, need.marketplace, need.integration, plain).await;
        Ok(tokio::try_join!(seal(&new.access), seal(&refresh))?)
    }

    /// The same, with retries: the app no longer accepts the old pair.
    async fn seal_surely(
        &self,
        need: &Need<'_>,
        new: &NewTokens,
    ) -> Result<(Ciphertext, Ciphertext), TokenError> {
        let mut round = 1;
        loop {
            match self.seal(need, new).await {
                Err(TokenError::Vault(_)) if round < ROUNDS => tokio::time::sleep(self.pace.poll).await,
                Err(error) => {
                    tracing::error!(
                        marketplace = %need.marketplace, integration = %need.integration, app = %self.app,
                        error = %Causes(&error),
                        "new tokens cannot be encrypted, and are lost"
                    );
                    return Err(error);
                }
                sealed => return sealed,
            }
            round += 1;
        }
    }
}
