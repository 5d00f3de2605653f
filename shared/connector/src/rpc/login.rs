//! Login with an app (OAuth): the redirect to the app, and the return.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::app::App;
use domain::authorization::{LoginId, PATIENCE, Pending};
use domain::connector_rpc::{Accept, Accepted, Authorization, Authorize, RpcError};
use domain::id::MarketplaceId;
use domain::log::ConfigEntry;
use domain::outcome::{Reason, Setback};
use domain::time;
use jiff::Timestamp;
use runtime::clock;
use secrecy::{ExposeSecret, SecretString};

use super::{ConnectorService, Stop, rejected};
use crate::call::{Access, Connector, Grant};
use crate::credentials::ACCESS_TOKEN;
use crate::oauth::authorizer::flow;
use crate::oauth::state;
use crate::oauth::{Registration, RegistrationError};
use crate::redact;

/// The key under which the PKCE verifier is stored. A manifest cannot define a credential with this name.
const VERIFIER: &str = "code_verifier";

impl<C: Connector> ConnectorService<'_, C> {
    /// The URL where a merchant authorizes access.
    pub(super) async fn authorize(&self, ask: Authorize) -> Result<Authorization, Stop> {
        let Authorize { marketplace, integration, label, method, credentials, redirect_uri, return_to } = ask;
        let Some(oauth) = flow(self.connector.app(), &method) else {
            return Err(no_login(self.connector.app()).into());
        };
        let registration = self.registration().await?;
        let typed = self.open(&marketplace, &integration, &credentials).await?;
        let login = LoginId { marketplace, nonce: clock::unique() };
        // 64 random characters: RFC 7636 requires 43 to 128.
        let verifier = oauth.pkce.then(|| format!("{}{}", clock::unique(), clock::unique()));

        let provider = self.authorizer.provider(oauth, &registration, &typed)?;
        let signed = state::signed(&login, self.connector.app(), &registration.client_secret);
        let url = provider.authorize(&signed, &redirect_uri, verifier.as_deref())?;

        let kept = match verifier {
            Some(verifier) => typed.with(VERIFIER, SecretString::from(verifier)),
            None => typed,
        };
        let credentials =
            self.vault.encrypt(self.connector.app(), &login.marketplace, &integration, &kept.json()).await?;
        let expires_at = time::after(clock::now(), PATIENCE);
        let pending =
            Pending { integration, label, method, credentials, redirect_uri, return_to, expires_at };
        self.store.begin_authorization(&login, &pending).await?;
        Ok(Authorization { url: url.into(), expires_at })
    }

    /// Stores the access that the merchant authorized. If the merchant declined or the app refused, the Configuration
    /// Log says so.
    pub(super) async fn accept(&self, ask: Accept) -> Result<Accepted, Stop> {
        let registration = self.registration().await?;
        let login = state::verified(ask.state(), self.connector.app(), &registration.client_secret);
        let login = login.ok_or_else(RpcError::stale_login)?;
        // Checked before the login is deleted: its own merchant can still complete it.
        if ask.portal.as_ref().is_some_and(|portal| *portal != login.marketplace) {
            return Err(RpcError::others_login().into());
        }
        let now = clock::now();
        let pending = self.store.take_authorization(&login, now).await?;
        let pending = pending.ok_or_else(RpcError::stale_login)?;
        if ask.portal.is_none() && pending.return_to.is_some() {
            return Err(RpcError::others_login().into());
        }
        let m = login.marketplace;
        let integration = pending.integration.clone();
        let taken = self.take(&m, pending, &registration, &ask.parameters, now).await;
        if let Err(Stop::Refused(refused)) = &taken {
            let failed = Err(refused.reason().message.clone());
            let entry =
                ConfigEntry::of_account(&integration, self.connector.app(), "Connect App", failed, now);
            self.store.log_config(&m, &entry).await?;
        }
        taken
    }

    async fn take(
        &self,
        m: &MarketplaceId,
        pending: Pending,
        registration: &Registration,
        parameters: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<Accepted, Stop> {
        let parameter = |key: &str| parameters.get(key).map(String::as_str).filter(|text| !text.is_empty());
        let Pending { integration, label, method, credentials, redirect_uri, .. } = pending;
        let Some(oauth) = flow(self.connector.app(), &method) else {
            return Err(no_login(self.connector.app()).into());
        };
        let Some(code) = parameter("code") else {
            return Err(declined(self.connector.app(), parameter("error")).into());
        };

        let kept = self.open(m, &integration, &credentials).await?;
        let verifier = kept.get(VERIFIER).ok().cloned();
        let typed = kept.without(VERIFIER);
        let provider = self.authorizer.provider(oauth, registration, &typed)?;
        let verifier = verifier.as_ref().map(ExposeSecret::expose_secret);
        let issued = provider.exchange(code, &redirect_uri, verifier, now).await?;

        let called_with = typed.clone().with(ACCESS_TOKEN, issued.access.clone());
        let grant = Grant { access: Access { credentials: &called_with, now }, answer: &issued.rest };
        let more = redact::within(self.connector.app(), &called_with, self.connector.granted(&grant)).await;
        let more = more.map_err(|setback| redact::setback(self.connector.app(), &called_with, setback))?;
        let and = |base: crate::credentials::Credentials| {
            more.iter().fold(base, |all, (key, value)| all.with(key, SecretString::from(value.clone())))
        };
        let (reachable, stored) = if oauth.refresh {
            (and(called_with), and(typed))
        } else {
            (and(called_with.clone()), and(called_with))
        };
        let (account, untested) = match self.identify(&reachable).await {
            Ok(identity) => (identity.account, None),
            Err(refused @ (Setback::ReconnectNeeded { .. } | Setback::Rejected { .. })) => {
                return Err(refused.into());
            }
            // The app granted access a moment ago. A failed test call is no reason to log in again.
            Err(
                Setback::Transient { reason }
                | Setback::PreconditionMissing { reason }
                | Setback::RateLimited { reason, .. },
            ) => (None, Some(reason)),
        };
        let credentials = self.vault.encrypt(self.connector.app(), m, &integration, &stored.json()).await?;
        let tokens = if oauth.refresh {
            let pair = issued.pair(None).ok_or_else(|| {
                let message = format!("{} returned no refresh token.", self.connector.app().label());
                Setback::Rejected { reason: Reason::new(message) }
            })?;
            Some(self.authorizer.tokens.sealed(m, &integration, &pair, now).await?)
        } else {
            None
        };
        let marketplace = m.clone();
        Ok(Accepted { marketplace, integration, label, method, credentials, tokens, account, untested })
    }

    pub(super) async fn registration(&self) -> Result<Arc<Registration>, Stop> {
        let registration = self.authorizer.registrar.registration().await;
        registration.map_err(|error| {
            let reason = error.reason(self.connector.app());
            Stop::Refused(match error {
                RegistrationError::Missing { .. } | RegistrationError::Malformed { .. } => rejected(reason),
                RegistrationError::Unavailable(_) => RpcError::Later { until: None, reason },
            })
        })
    }
}

fn no_login(app: App) -> RpcError {
    rejected(Reason::new(format!("{} accounts cannot be connected by login.", app.label())))
}

fn declined(app: App, error: Option<&str>) -> RpcError {
    let label = app.label();
    match error {
        Some("access_denied") | None => rejected(
            Reason::new(format!("You did not authorize access to {label}."))
                .hint("Connect the integration again and choose Allow."),
        ),
        Some(error) => rejected(Reason::new(format!("{label} ended the login: {error}."))),
    }
}
