//! Connecting an account by what a merchant types in, and giving a connected one new credentials.

use std::collections::BTreeMap;

use domain::app::App;
use domain::ask::{Refused, Test};
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Integration;
use domain::manifest::{Manifest, Method};
use domain::outcome::Reason;
use jiff::Timestamp;
use secrecy::SecretString;

use super::{ConnectError, Connected, Draft, Integrations, checked_label, manifest};
use crate::connectors::AskError;
use crate::{credentials, ids};

/// An account as somebody wants it connected.
#[derive(Debug)]
pub struct Wish {
    /// Whose account it is.
    pub marketplace: MarketplaceId,
    /// The app.
    pub app: App,
    /// The merchant's own name for it; an account of that name is reconnected.
    pub label: String,
    /// The account's id; one that exists is reconnected, and takes the label.
    pub id: Option<IntegrationId>,
    /// The manifest's method to connect by [default: the first of its kind].
    pub method: Option<String>,
    /// The credentials by key, as the app's manifest names them.
    pub credentials: BTreeMap<String, SecretString>,
}

/// Whether the app said that an account works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tested {
    /// It did.
    Works,
    /// It could not be asked, for a reason that passes.
    Unknown(Reason),
}

impl Integrations {
    /// Checks the credentials, asks the app whether they work, and saves the account, with an entry in the Configuration
    /// Log. An app that is down does not keep a merchant from connecting; one that says no does.
    pub async fn connect(&self, wish: Wish, now: Timestamp) -> Result<Connected, ConnectError> {
        let draft = self.drafted(wish, None, now).await?;
        self.tested(draft, now).await
    }

    /// Gives a connected account new credentials in the same way. `None`: there is no such account.
    pub async fn reconnect(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        method: Option<String>,
        credentials: BTreeMap<String, SecretString>,
        now: Timestamp,
    ) -> Result<Option<Connected>, ConnectError> {
        let Some(before) = self.store.integration(m, id, now).await? else { return Ok(None) };
        let wish = Wish {
            marketplace: m.clone(),
            app: before.app,
            label: before.label.clone(),
            id: Some(id.clone()),
            method,
            credentials,
        };
        let draft = self.drafted(wish, Some(before), now).await?;
        self.tested(draft, now).await.map(Some)
    }

    async fn tested(&self, mut draft: Draft, now: Timestamp) -> Result<Connected, ConnectError> {
        let test = Test {
            marketplace: draft.marketplace.clone(),
            integration: draft.id.clone(),
            method: draft.method.clone(),
            credentials: draft.credentials.clone(),
        };
        let tested = match self.connectors.ask(draft.app, test).await {
            Ok(found) => {
                draft.account = found.account;
                Tested::Works
            }
            Err(AskError::Refused(Refused::Later { reason, .. })) => Tested::Unknown(reason),
            Err(error) => {
                if let (AskError::Refused(refused), Some(before)) = (&error, &draft.before) {
                    self.log(before, "Connect App", false, refused.reason().message.clone(), now).await?;
                }
                return Err(error.into());
            }
        };
        self.save(draft, tested, now).await
    }

    /// The same without asking the app.
    pub async fn connect_untested(&self, wish: Wish, now: Timestamp) -> Result<Connected, ConnectError> {
        let draft = self.drafted(wish, None, now).await?;
        self.save(draft, Tested::Unknown(Reason::new("The app was not asked.")), now).await
    }

    /// What is to be saved. `before`: the account, where it is known.
    async fn drafted(
        &self,
        wish: Wish,
        before: Option<Integration>,
        now: Timestamp,
    ) -> Result<Draft, ConnectError> {
        let Wish { marketplace, app, label, id, method, credentials } = wish;
        let label = checked_label(&label)?;
        let manifest = manifest(app)?;
        let method = choose(manifest, method, |method| method.oauth.is_none())?;
        let plain = credentials::check(manifest, method, &credentials)?;

        let before = match before {
            Some(before) => Some(before),
            None => self.find(&marketplace, app, id.as_ref(), &label, now).await?,
        };
        let id =
            before.as_ref().map(|before| before.id.clone()).or(id).unwrap_or_else(|| ids::new("int", now));
        let credentials = self.vault.seal(&marketplace, &id, &plain).await?;
        let method = method.key.clone();
        Ok(Draft { marketplace, app, id, label, method, account: None, credentials, before })
    }
}

/// The method of that key, among those of the kind; the first of them where none is named.
pub(super) fn choose(
    manifest: &Manifest,
    key: Option<String>,
    of_kind: impl Fn(&Method) -> bool,
) -> Result<&Method, ConnectError> {
    let fitting = || manifest.methods.iter().filter(|method| of_kind(method));
    let found = match &key {
        Some(key) => fitting().find(|method| method.key == *key),
        None => fitting().next(),
    };
    found.ok_or_else(|| {
        let known: Vec<_> = fitting().map(|method| method.key.as_str()).collect();
        let known = if known.is_empty() { "none of this kind".to_owned() } else { known.join(", ") };
        ConnectError::Method { app: manifest.app, method: key.unwrap_or_default(), known }
    })
}
