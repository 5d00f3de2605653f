//! Connecting an account by logging in with the app (OAuth): there and back.

use std::collections::BTreeMap;

use aws::store::SaveError;
use domain::app::App;
use domain::ask::{Accept, Accepted, Authorization, Authorize, Disconnect, Refused};
use jiff::Timestamp;

use super::connect::choose;
use super::{ConnectError, Connected, Draft, Integrations, Tested, Wish, manifest};
use crate::{credentials, ids};

/// How often an account is saved that others change meanwhile.
const TRIES: u32 = 5;

impl Integrations {
    /// Where to send the merchant. `redirect_uri`: where the app sends them back to; it is registered with the app.
    pub async fn begin_login(
        &self,
        wish: Wish,
        redirect_uri: String,
        now: Timestamp,
    ) -> Result<Authorization, ConnectError> {
        let Wish { marketplace, app, place, method, credentials } = wish;
        let place = place.checked()?;
        let manifest = manifest(app)?;
        let method = choose(manifest, method, |method| method.oauth.is_some())?;
        let plain = credentials::check(manifest, method, &credentials)?;

        let (label, id) = (place.label().map(str::to_owned), place.id().cloned());
        let before = self.find(&marketplace, app, place, now).await?;
        let integration = before.map(|before| before.id).or(id).unwrap_or_else(|| ids::new("int", now));
        let credentials = self.vault.seal(&marketplace, &integration, &plain).await?;
        let method = method.key.clone();
        let ask = Authorize { marketplace, integration, label, method, credentials, redirect_uri };
        Ok(self.connectors.ask(app, ask).await?)
    }

    /// The merchant is back, with these parameters in the address.
    pub async fn finish_login(
        &self,
        app: App,
        parameters: BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<Connected, ConnectError> {
        let accept = Accept { parameters };
        if !accept.has_signed_form() {
            return Err(ConnectError::Refused(Refused::stale_login()));
        }
        let accepted = self.connectors.ask(app, accept).await?;
        for _ in 0..TRIES {
            match self.save_login(app, accepted.clone(), now).await {
                // It was changed meanwhile, but what was allowed is allowed, and cannot be asked for again.
                Err(ConnectError::Save(SaveError::Changed)) => {}
                done => return done,
            }
        }
        Err(SaveError::Changed.into())
    }

    async fn save_login(
        &self,
        app: App,
        accepted: Accepted,
        now: Timestamp,
    ) -> Result<Connected, ConnectError> {
        let Accepted { marketplace, integration: id, label, method, credentials, account } = accepted;
        let before = self.store.integration(&marketplace, &id, now).await?;
        let is_new = before.is_none();
        // Of an account that is not there, and will not be, nothing must be left.
        let unused = Disconnect {
            marketplace: marketplace.clone(),
            integration: id.clone(),
            method: method.clone(),
            credentials: credentials.clone(),
        };
        let Some(label) = label.or_else(|| before.as_ref().map(|before| before.label.clone())) else {
            self.give_back(app, unused).await;
            return Err(ConnectError::Gone);
        };
        let draft = Draft { marketplace, app, id, label, method, account, credentials, before };
        let saved = self.save(draft, Tested::Works, now).await;
        if let (true, Err(ConnectError::Taken { .. } | ConnectError::Save(SaveError::LabelTaken(_)))) =
            (is_new, &saved)
        {
            self.give_back(app, unused).await;
        }
        saved
    }
}
