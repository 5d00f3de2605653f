//! A connector's requests other than jobs: testing credentials, logging in, reading option lists, comparing states.
//! [`domain::connector_rpc`] describes the result of each.

mod compare;
mod lists;
mod login;
mod preview;

use std::time::Duration;

use aws::store::{Store, StoreError};
use aws::vault::{Vault, VaultError};
use domain::connector_rpc::{
    Disconnect, Disconnected, FailedList, ListSize, Refresh, Refreshed, Request, RpcError, Test, Tested,
};
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::{Ciphertext, Integration};
use domain::manifest::Catalog;
use domain::options::{self, Pulled};
use domain::outcome::{Reason, Setback};
use runtime::clock::{self, Instant};
use runtime::logs::Causes;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::accounts::Account;
use crate::call::{Access, Connector, Identity};
use crate::credentials::{Credentials, InvalidCredentials};
use crate::oauth::authorizer::{RENEWALS, flow};
use crate::oauth::{Authorizer, RefreshError, TokenError};
use crate::redact;

/// How long one request may take, with all its calls of the app. Less than the function's timeout.
const LIMIT: Duration = Duration::from_secs(25);
/// How long a test of credentials may take: a merchant waits for it, and the address may never respond.
const TESTING: Duration = Duration::from_secs(5);
/// The time within that limit for reading all option lists. The rest is for storing them.
const PULLING: Duration = Duration::from_secs(20);

/// Handles requests for one app.
#[derive(Debug)]
pub struct ConnectorService<'a, C> {
    /// The app's connector.
    pub connector: &'a C,
    /// Its accounts that use OAuth.
    pub authorizer: &'a Authorizer,
    /// The table.
    pub store: &'a Store,
    /// The AWS KMS key for credentials.
    pub vault: &'a Vault,
}

impl<C: Connector> ConnectorService<'_, C> {
    /// Handles a request. Returns `{"Ok": …}` or `{"Err": …}`, as described in [`domain::connector_rpc::Rpc`].
    pub async fn answer(&self, request: Request) -> Result<Value, serde_json::Error> {
        match request {
            Request::Test(test) => respond(TESTING, self.test(&test)).await,
            Request::Authorize(authorize) => respond(LIMIT, self.authorize(authorize)).await,
            Request::Accept(accept) => respond(LIMIT, self.accept(accept)).await,
            Request::Refresh(refresh) => respond(LIMIT, self.refresh(&refresh)).await,
            Request::Disconnect(disconnect) => respond(LIMIT, self.disconnect(&disconnect)).await,
            Request::Preview(preview) => respond(LIMIT, self.preview(&preview)).await,
            Request::Compare(compare) => respond(LIMIT, self.compare(&compare)).await,
        }
    }

    async fn test(&self, test: &Test) -> Result<Tested, Stop> {
        let Identity { account } = if flow(self.connector.app(), &test.method).is_some() {
            // The token is stored beside the credentials.
            let account = self.account(&test.marketplace, &test.integration).await?;
            self.authorized(&account).await?.1
        } else {
            let credentials = self.open(&test.marketplace, &test.integration, &test.credentials).await?;
            self.identify(&credentials).await?
        };
        Ok(Tested { account })
    }

    /// The credentials of a connected account, and the account's identity. A token that the app refuses is renewed
    /// first.
    async fn authorized(&self, account: &Account) -> Result<(Credentials, Identity), Stop> {
        let mut credentials = self.authorizer.credentials(account, clock::now()).await?;
        let mut renewals = 0;
        loop {
            match self.identify(&credentials).await {
                Err(refused @ Setback::ReconnectNeeded { .. }) if renewals < RENEWALS => {
                    let renewed = self.authorizer.renewed(account, &credentials, clock::now()).await?;
                    credentials = renewed.ok_or(refused)?;
                    renewals += 1;
                }
                identity => return Ok((credentials, identity?)),
            }
        }
    }

    async fn refresh(&self, refresh: &Refresh) -> Result<Refreshed, Stop> {
        let began = Instant::now();
        let account = self.account(&refresh.marketplace, &refresh.integration).await?;
        let now = clock::now();
        let (credentials, identity) = self.authorized(&account).await?;
        let access = Access { credentials: &credentials, now };
        let manifest = Catalog::get().manifest(self.connector.app());
        let keys = manifest.into_iter().flat_map(|manifest| &manifest.option_lists).map(|list| &*list.key);
        let limit = PULLING.saturating_sub(began.elapsed());
        let pulled = lists::pull(self.connector.app().label(), keys, limit, async |key| {
            self.connector.options(&access, key).await
        });
        let pulled = redact::within(self.connector.app(), &credentials, pulled).await;
        let (mut lists, mut failed, mut first) = (Vec::new(), Vec::new(), None);
        for lists::List { key, pulled } in pulled {
            let mut items = match pulled {
                Ok(items) => items,
                Err(setback) => {
                    let refused =
                        RpcError::from(redact::setback(self.connector.app(), &credentials, setback));
                    failed.push(FailedList { list: key.to_owned(), reason: refused.reason().clone() });
                    first.get_or_insert(refused);
                    continue;
                }
            };
            let truncated = items.len() > options::MOST;
            items.truncate(options::MOST);
            let count = items.len();
            let pulled = Pulled { list: key.to_owned(), items, at: now, truncated };
            self.store.save_options(&refresh.marketplace, &refresh.integration, &pulled).await?;
            lists.push(ListSize { list: pulled.list, count, truncated });
        }
        match first {
            Some(refused) if lists.is_empty() => Err(refused.into()),
            Some(_) | None => Ok(Refreshed { account: identity.account, lists, failed }),
        }
    }

    async fn disconnect(&self, disconnect: &Disconnect) -> Result<Disconnected, Stop> {
        let Disconnect { marketplace: m, integration: id, method, credentials, unsaved } = disconnect;
        let now = clock::now();
        let Some(oauth) = flow(self.connector.app(), method) else {
            return Ok(Disconnected { revoked: false });
        };
        let credentials = self.open(m, id, credentials).await?;
        let tokens = &self.authorizer.tokens;
        let token = match unsaved {
            Some(pair) => Some(tokens.unsealed(m, id, pair, oauth.revokes).await?),
            None => tokens.forget(m, id, oauth.revokes, now).await?,
        };
        let Some(token) = token else { return Ok(Disconnected { revoked: false }) };
        let registration = self.registration().await?;
        let provider = self.authorizer.provider(oauth, &registration, &credentials)?;
        // The tokens are deleted, also if the app does not revoke them.
        let revoked = provider.revoke(&token, now).await.unwrap_or_else(|error| {
            tracing::warn!(error = %Causes(&error), "the app did not revoke the access");
            false
        });
        Ok(Disconnected { revoked })
    }

    /// The account's identity; an error from the app quotes no credential.
    async fn identify(&self, credentials: &Credentials) -> Result<Identity, Setback> {
        let access = Access { credentials, now: clock::now() };
        let identity =
            redact::within(self.connector.app(), credentials, self.connector.identify(&access)).await;
        identity.map_err(|setback| redact::setback(self.connector.app(), credentials, setback))
    }

    async fn account(&self, m: &MarketplaceId, id: &IntegrationId) -> Result<Account, Stop> {
        let found = self.store.integration(m, id, clock::now()).await?;
        let gone = || Stop::Refused(rejected(Reason::new("The integration no longer exists.")));
        let integration: Integration =
            found.filter(|found| found.app == self.connector.app()).ok_or_else(gone)?;
        let credentials = self.open(m, id, &integration.credentials).await?;
        Ok(Account { integration, credentials })
    }

    async fn open(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        sealed: &Ciphertext,
    ) -> Result<Credentials, Stop> {
        let plain = self.vault.decrypt(self.connector.app(), m, id, sealed).await?;
        Ok(Credentials::parse(plain.expose_secret().as_bytes())?)
    }
}

/// Why a request fails.
#[derive(Debug, thiserror::Error)]
enum Stop {
    /// The app, or the merchant's input, is the reason.
    #[error(transparent)]
    Refused(#[from] RpcError),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The credentials could not be encrypted or decrypted.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<Setback> for Stop {
    fn from(setback: Setback) -> Self {
        Self::Refused(setback.into())
    }
}

impl From<InvalidCredentials> for Stop {
    fn from(error: InvalidCredentials) -> Self {
        Setback::from(error).into()
    }
}

impl From<TokenError> for Stop {
    fn from(error: TokenError) -> Self {
        Setback::from(error).into()
    }
}

impl From<RefreshError> for Stop {
    fn from(error: RefreshError) -> Self {
        Self::Refused(match error {
            RefreshError::Refused(reason) => RpcError::Credentials { reason },
            RefreshError::Limited { until, reason } => RpcError::Later { until: Some(until), reason },
            RefreshError::Failed(reason) | RefreshError::Unanswered(reason) => {
                RpcError::Later { until: None, reason }
            }
        })
    }
}

impl From<Stop> for RpcError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(refused) => refused,
            Stop::Vault(VaultError::Unreadable) => rejected(
                Reason::new("The stored credentials cannot be read.").hint("Connect the integration again."),
            ),
            Stop::Vault(VaultError::TooLarge(_)) => rejected(
                Reason::new("The credentials are too long to be stored.").hint("Check what you pasted."),
            ),
            Stop::Store(_) | Stop::Vault(VaultError::Unavailable { .. }) => {
                tracing::warn!(error = %Causes(&stop), "a request failed");
                let reason = Reason::new("The engine could not read its store; try again.");
                RpcError::Later { until: None, reason }
            }
        }
    }
}

fn rejected(reason: Reason) -> RpcError {
    RpcError::Rejected { reason }
}

async fn respond<T: serde::Serialize>(
    limit: Duration,
    answer: impl Future<Output = Result<T, Stop>>,
) -> Result<Value, serde_json::Error> {
    let answer = tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| {
        let reason = Reason::new(format!("The app took longer than {} seconds; try again.", limit.as_secs()));
        Err(Stop::Refused(RpcError::Later { until: None, reason }))
    });
    serde_json::to_value(answer.map_err(RpcError::from))
}
