//! Connecting an account with credentials, and replacing the credentials of a connected account.

use std::collections::BTreeMap;

use aws::store::SaveError;
use domain::app::App;
use domain::connector_rpc::{RpcError, Test};
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Integration;
use domain::log::ConfigEntry;
use domain::manifest::{Manifest, Method};
use domain::outcome::Reason;
use jiff::Timestamp;
use secrecy::SecretString;

use super::{
    ConnectError, Connected, Draft, Integrations, address, checked_label, credentials, etag, manifest,
};
use crate::connectors::ConnectorError;
use crate::ids;

/// The account to connect.
#[derive(Debug)]
pub struct ConnectInput {
    /// The marketplace of the account.
    pub marketplace: MarketplaceId,
    /// The app.
    pub app: App,
    /// The new or existing account.
    pub place: ConnectTarget,
    /// The key of the connection method [default: the manifest's first with credentials].
    pub method: Option<String>,
    /// The credentials by key, as the app's manifest names them.
    pub credentials: BTreeMap<String, SecretString>,
}

/// The account to connect to. A label is the merchant's own name for an account.
#[derive(Debug)]
pub enum ConnectTarget {
    /// A new account with this label. If an account has the label, this is an error, because that account's rules would
    /// act in another account.
    New(String),
    /// The account with this label, or a new one if none has it.
    Labelled(String),
    /// The account with this id, which is given this label, or a new one if none has the id.
    Id(IntegrationId, String),
    /// This account, in the version that was read. Its label is kept.
    Existing(Box<Integration>),
}

impl ConnectTarget {
    /// The requested label. `None`: the account's label is kept.
    pub(super) fn label(&self) -> Option<&str> {
        match self {
            Self::New(label) | Self::Labelled(label) | Self::Id(_, label) => Some(label),
            Self::Existing(_) => None,
        }
    }

    /// Validates and trims the label.
    pub(super) fn checked(self) -> Result<Self, ConnectError> {
        Ok(match self {
            Self::New(label) => Self::New(checked_label(&label)?),
            Self::Labelled(label) => Self::Labelled(checked_label(&label)?),
            Self::Id(id, label) => Self::Id(id, checked_label(&label)?),
            Self::Existing(account) => Self::Existing(account),
        })
    }

    /// The requested id.
    pub(super) fn id(&self) -> Option<&IntegrationId> {
        match self {
            Self::New(_) | Self::Labelled(_) => None,
            Self::Id(id, _) => Some(id),
            Self::Existing(account) => Some(&account.id),
        }
    }
}

/// The result of testing an account with the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// The app accepted the credentials.
    Works,
    /// The app could not be reached, for a temporary reason.
    Unknown(Reason),
}

impl Draft {
    /// The log entry of a connection that the app rejected. A new account is in no list, so the entry has its label.
    fn refused(&self, refused: &RpcError, now: Timestamp) -> ConfigEntry {
        let message = match (&self.before, &refused.reason().message) {
            (Some(_), said) => said.clone(),
            (None, said) => format!("`{}` is not connected: {said}", self.label),
        };
        ConfigEntry::of_account(&self.id, self.app, "Connect App", Err(message), now)
    }
}

impl Integrations<'_> {
    /// Validates the credentials, tests them with the app, and saves the account, with an entry in the Configuration
    /// Log. If the app does not respond, the account is connected untested; if the app rejects the credentials, it is
    /// not connected.
    pub async fn connect(&self, input: ConnectInput, now: Timestamp) -> Result<Connected, ConnectError> {
        let draft = self.drafted(input, now).await?;
        self.tested(draft, now).await
    }

    /// Replaces the credentials of an account in the same way, if its version still has this tag. `None`: the account
    /// does not exist.
    pub async fn reconnect(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        expected: &str,
        method: Option<String>,
        credentials: BTreeMap<String, SecretString>,
        now: Timestamp,
    ) -> Result<Option<Connected>, ConnectError> {
        let Some(before) = self.0.store.integration(m, id, now).await? else { return Ok(None) };
        if etag(&before) != expected {
            return Err(SaveError::Changed.into());
        }
        let (app, place) = (before.app, ConnectTarget::Existing(Box::new(before)));
        let input = ConnectInput { marketplace: m.clone(), app, place, method, credentials };
        let draft = self.drafted(input, now).await?;
        self.tested(draft, now).await.map(Some)
    }

    async fn tested(&self, mut draft: Draft, now: Timestamp) -> Result<Connected, ConnectError> {
        let test = Test {
            marketplace: draft.marketplace.clone(),
            integration: draft.id.clone(),
            method: draft.method.clone(),
            credentials: draft.credentials.clone(),
        };
        let tested = match self
            .0
            .services
            .connectors
            .ask_alone(&self.0.store, &draft.marketplace, draft.app, test)
            .await
        {
            Ok(found) => {
                draft.account = found.account;
                Verification::Works
            }
            Err(ConnectorError::Refused(RpcError::Later { reason, .. })) => Verification::Unknown(reason),
            Err(error) => {
                if let ConnectorError::Refused(refused) = &error {
                    self.0.store.log_config(&draft.marketplace, &draft.refused(refused, now)).await?;
                }
                return Err(error.into());
            }
        };
        self.save(draft, tested, now).await
    }

    /// Connects an account without testing it with the app.
    pub async fn connect_untested(
        &self,
        input: ConnectInput,
        now: Timestamp,
    ) -> Result<Connected, ConnectError> {
        let draft = self.drafted(input, now).await?;
        self.save(draft, Verification::Unknown(Reason::new("The app was not asked.")), now).await
    }

    /// The account to save.
    async fn drafted(&self, input: ConnectInput, now: Timestamp) -> Result<Draft, ConnectError> {
        let ConnectInput { marketplace, app, place, method, credentials: given } = input;
        let place = place.checked()?;
        self.0.services.connectors.deployed(app)?;
        let manifest = manifest(app)?;
        let method = choose(manifest, method, |method| method.oauth.is_none())?;
        let plain = credentials::check(manifest, method, &given)?;

        let (label, id) = (place.label().map(str::to_owned), place.id().cloned());
        let before = self.find(&marketplace, app, place, now).await?;
        let label = label.or_else(|| before.as_ref().map(|before| before.label.clone())).unwrap_or_default();
        let id =
            before.as_ref().map(|before| before.id.clone()).or(id).unwrap_or_else(|| ids::new("int", now));
        let credentials = self.0.services.vault.encrypt(app, &marketplace, &id, &plain).await?;
        let address = address::of(method, &given);
        let method = method.key.clone();
        Ok(Draft {
            marketplace,
            app,
            id,
            label,
            method,
            account: None,
            address,
            credentials,
            tokens: None,
            before,
        })
    }
}

/// The method with this key, or the first of this kind if no key is given.
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
