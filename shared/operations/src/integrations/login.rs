//! Connecting an account with a login at the app (OAuth): the start and the end.

use std::collections::BTreeMap;

use aws::store::SaveError;
use domain::app::App;
use domain::authorization::LoginId;
use domain::connector_rpc::{Accept, Accepted, Authorization, Authorize, Disconnect, RpcError};
use domain::id::MarketplaceId;
use jiff::Timestamp;

use super::connect::choose;
use super::{
    ConnectError, ConnectInput, Connected, Draft, Integrations, Verification, credentials, manifest,
};
use crate::ids;

/// The number of attempts to save an account that other requests change at the same time.
const TRIES: u32 = 5;

impl Integrations<'_> {
    /// The URL to redirect the merchant to. `redirect_uri`: the URL that the app redirects back to, as registered with
    /// the app. `return_to`: the portal's page that finishes the login; without it, the request of the redirect
    /// finishes it.
    pub async fn begin_login(
        &self,
        input: ConnectInput,
        redirect_uri: String,
        return_to: Option<String>,
        now: Timestamp,
    ) -> Result<Authorization, ConnectError> {
        let ConnectInput { marketplace, app, place, method, credentials } = input;
        let place = place.checked()?;
        self.0.services.connectors.deployed(app)?;
        let manifest = manifest(app)?;
        let method = choose(manifest, method, |method| method.oauth.is_some())?;
        let plain = credentials::check(manifest, method, &credentials)?;

        let (label, id) = (place.label().map(str::to_owned), place.id().cloned());
        let before = self.find(&marketplace, app, place, now).await?;
        let integration = before.map(|before| before.id).or(id).unwrap_or_else(|| ids::new("int", now));
        let credentials = self.0.services.vault.encrypt(app, &marketplace, &integration, &plain).await?;
        let method = method.key.clone();
        let ask = Authorize { marketplace, integration, label, method, credentials, redirect_uri, return_to };
        Ok(self.0.services.connectors.ask(app, ask).await?)
    }

    /// The portal's page that finishes the login of a redirect, if the login has one.
    pub async fn returns_to(&self, state: &str, now: Timestamp) -> Result<Option<String>, ConnectError> {
        let login = LoginId::claimed(state).ok_or_else(RpcError::stale_login)?;
        let pending = self.0.store.authorization(&login, now).await?;
        Ok(pending.ok_or_else(RpcError::stale_login)?.return_to)
    }

    /// Finishes a login with the query parameters of the redirect. `portal`: the marketplace of the portal session that
    /// finishes it.
    pub async fn finish_login(
        &self,
        app: App,
        portal: Option<MarketplaceId>,
        parameters: BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<Connected, ConnectError> {
        let accept = Accept { parameters, portal };
        LoginId::claimed(accept.state()).ok_or_else(RpcError::stale_login)?;
        let accepted = self.0.services.connectors.ask(app, accept).await?;
        let mut tried = 1;
        let saved = loop {
            match self.save_login(app, accepted.clone(), now).await {
                // The account has changed since it was read. The authorization is used up and cannot be repeated, so
                // saving is.
                Err(ConnectError::Save(SaveError::Changed)) if tried < TRIES => tried += 1,
                saved => break saved,
            }
        };
        if saved.is_err() {
            // These tokens will not be used.
            let Accepted { marketplace, integration, method, credentials, tokens: unsaved, .. } = accepted;
            if unsaved.is_some() {
                let ask = Disconnect { marketplace, integration, method, credentials, unsaved };
                self.give_back(app, ask).await;
            }
        }
        saved
    }

    async fn save_login(
        &self,
        app: App,
        accepted: Accepted,
        now: Timestamp,
    ) -> Result<Connected, ConnectError> {
        let Accepted { marketplace, integration: id, label, method, credentials, tokens, account, untested } =
            accepted;
        let before = self.0.store.integration(&marketplace, &id, now).await?;
        let label = label.or_else(|| before.as_ref().map(|before| before.label.clone()));
        let label = label.ok_or(ConnectError::Gone)?;
        let address = before.as_ref().and_then(|before| before.address.clone());
        let draft =
            Draft { marketplace, app, id, label, method, account, address, credentials, tokens, before };
        self.save(draft, untested.map_or(Verification::Works, Verification::Unknown), now).await
    }
}
