//! Connecting an account by logging in with the app (OAuth): there and back.

use std::collections::BTreeMap;

use domain::app::App;
use domain::ask::{Accept, Accepted, Authorization, Authorize, Refused};
use jiff::Timestamp;

use super::connect::choose;
use super::{ConnectError, Connected, Draft, Integrations, Tested, Wish, checked_label, manifest};
use crate::{credentials, ids};

impl Integrations {
    /// Where to send the merchant. `redirect_uri`: where the app sends them back to; it is registered with the app.
    pub async fn begin_login(
        &self,
        wish: Wish,
        redirect_uri: String,
        now: Timestamp,
    ) -> Result<Authorization, ConnectError> {
        let Wish { marketplace, app, label, id, method, credentials } = wish;
        let label = checked_label(&label)?;
        let manifest = manifest(app)?;
        let method = choose(manifest, method, |method| method.oauth.is_some())?;
        let plain = credentials::check(manifest, method, &credentials)?;

        let before = self.find(&marketplace, app, id.as_ref(), &label, now).await?;
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
        let Accepted { marketplace, integration: id, label, method, credentials, account } = accepted;
        let before = self.store.integration(&marketplace, &id, now).await?;
        let draft = Draft { marketplace, app, id, label, method, account, credentials, before };
        self.save(draft, Tested::Works, now).await
    }
}
