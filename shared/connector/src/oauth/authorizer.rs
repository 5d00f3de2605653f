//! Accounts that were connected by OAuth: their credentials include a valid access token.

use std::sync::OnceLock;

use domain::app::App;
use domain::integration::Integration;
use domain::manifest::{Catalog, OAuth};
use domain::outcome::Reason;
use jiff::Timestamp;
use runtime::logs::Causes;

use super::provider::Provider;
use super::registration::{Registrar, Registration};
use super::{NewTokens, RefreshError, RefreshToken, TokenError, TokenSource};
use crate::accounts::Account;
use crate::credentials::{ACCESS_TOKEN, Credentials};
use crate::http::{AppHttp, HttpSettings};

/// How often the call is repeated with another token if an app refuses a token. The first may not be new but stored by
/// another function since this function read the tokens, and the app may refuse that token as well; the second is new.
pub(crate) const RENEWALS: usize = 2;

/// Keeps the accounts of one app authorized.
#[derive(Debug)]
pub struct Authorizer {
    pub(crate) app: App,
    pub(crate) tokens: TokenSource,
    pub(crate) registrar: Registrar,
    settings: HttpSettings,
    /// Built when it is first needed: most calls of most apps never need it, and building it is slow.
    http: OnceLock<AppHttp>,
}

impl Authorizer {
    /// The authorizer for the accounts of `app`.
    pub fn new(app: App, tokens: TokenSource, registrar: Registrar, settings: HttpSettings) -> Self {
        Self { app, tokens, registrar, settings, http: OnceLock::new() }
    }

    /// The app's endpoints for one account.
    pub(crate) fn provider<'a>(
        &'a self,
        oauth: &'a OAuth,
        registration: &'a Registration,
        credentials: &'a Credentials,
    ) -> Result<Provider<'a>, RefreshError> {
        let http = if let Some(http) = self.http.get() {
            http
        } else {
            let http = AppHttp::new(self.app, &self.settings).map_err(|error| {
                tracing::error!(error = %Causes(&error), "no HTTP client");
                RefreshError::Failed(Reason::new("The engine could not call the app."))
            })?;
            self.http.get_or_init(|| http)
        };
        Ok(Provider { app: self.app, http, oauth, registration, credentials })
    }

    /// The credentials to call an account with: its own and, for OAuth, a token that is valid for at least one more
    /// minute.
    ///
    /// # Errors
    /// [`TokenError`]: there is no token for now, or none until the account is reconnected.
    pub async fn credentials(&self, account: &Account, now: Timestamp) -> Result<Credentials, TokenError> {
        match refreshing(&account.integration) {
            None => Ok(account.credentials.clone()),
            Some(oauth) => {
                let (m, id) = (&account.integration.marketplace, &account.integration.id);
                let ask = |token| self.ask(oauth, &account.credentials, token, now);
                let access = Box::pin(self.tokens.access(m, id, now, ask)).await?;
                Ok(account.credentials.clone().with(ACCESS_TOKEN, access))
            }
        }
    }

    /// The same with another token, after the app refused `used`; `None` if there is no other token.
    ///
    /// # Errors
    /// [`TokenError`]: there is no token for now, or none until the account is reconnected.
    pub async fn renewed(
        &self,
        account: &Account,
        used: &Credentials,
        now: Timestamp,
    ) -> Result<Option<Credentials>, TokenError> {
        let (Some(oauth), Ok(refused)) = (refreshing(&account.integration), used.get(ACCESS_TOKEN)) else {
            return Ok(None);
        };
        let (m, id) = (&account.integration.marketplace, &account.integration.id);
        let ask = |token| self.ask(oauth, &account.credentials, token, now);
        let access = Box::pin(self.tokens.renewed(m, id, now, refused, ask)).await?;
        Ok(Some(account.credentials.clone().with(ACCESS_TOKEN, access)))
    }

    async fn ask(
        &self,
        oauth: &OAuth,
        credentials: &Credentials,
        token: RefreshToken,
        now: Timestamp,
    ) -> Result<NewTokens, RefreshError> {
        // The merchant cannot correct this by reconnecting.
        let registration = self.registrar.registration().await;
        let registration = registration.map_err(|error| RefreshError::Failed(error.reason(self.app)))?;
        let provider = self.provider(oauth, &registration, credentials)?;
        let issued = provider.refresh(&token, now).await?;
        issued.pair(Some(token)).ok_or_else(|| RefreshError::Unanswered(Reason::new("No pair of tokens.")))
    }
}

/// The OAuth flow of an account's connection method.
pub(crate) fn flow(app: App, method: &str) -> Option<&'static OAuth> {
    Catalog::get().manifest(app)?.method(method)?.oauth.as_ref()
}

/// The same, if its tokens expire.
fn refreshing(integration: &Integration) -> Option<&'static OAuth> {
    flow(integration.app, &integration.method).filter(|oauth| oauth.refresh)
}
