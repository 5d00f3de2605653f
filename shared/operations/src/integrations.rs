//! The accounts that a merchant connects: by typed credentials, by logging in with the app; pulling what they offer to
//! choose from; and letting them go.
//!
//! What needs open credentials is asked of the app's connector. What is left is bookkeeping, and is done here.

mod address;
mod connect;
mod disconnect;
pub(crate) mod lists;
mod login;
pub mod named;
mod refresh;

use aws::bus::Bus;
use aws::store::{Replacing, SaveError, SideWrites, Store, StoreError};
use aws::vault::{Vault, VaultError};
use domain::app::App;
use domain::blank;
use domain::connector_rpc::RpcError;
use domain::id::{IntegrationId, MarketplaceId, time_key};
use domain::integration::{Ciphertext, Connection, Health, Integration};
use domain::log::ConfigEntry;
use domain::manifest::{Catalog, Manifest};
use domain::token::{Pair, Tokens};
use jiff::Timestamp;
use runtime::clock;

pub use connect::{ConnectInput, ConnectTarget, Verification};
pub use disconnect::{Deletion, Gone};
pub use refresh::{Pulls, RefreshError};

use crate::connectors::{ConnectorError, Connectors};
use crate::credentials::InvalidCredentials;

/// As many accounts may a marketplace have.
pub const MOST_ACCOUNTS: usize = 100;
/// As many characters as a label may have.
const LONGEST_LABEL: usize = 100;

/// A deployment's integrations.
#[derive(Debug, Clone)]
pub struct Integrations {
    /// The table.
    pub store: Store,
    /// The key for credentials.
    pub vault: Vault,
    /// Who opens them.
    pub connectors: Connectors,
    /// Where the operator hears of refused credentials.
    pub bus: Bus,
}

/// An account that is connected.
#[derive(Debug)]
pub struct Connected {
    /// The account as it is now.
    pub integration: Integration,
    /// Whether it was there before.
    pub again: bool,
    /// How many jobs were held for it: the sweeper releases them.
    pub held: usize,
    /// Whether the app said that it works.
    pub tested: Verification,
}

/// An account that is not connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The label cannot be one.
    #[error(
        "the label is not valid: give 1 to {LONGEST_LABEL} characters, none of them a control character or an invisible one"
    )]
    Label,
    /// Another account has the label.
    #[error(
        "label `{label}` is in use by integration {by} ({app}): choose another label, or connect that one again"
    )]
    Taken {
        /// The label.
        label: String,
        /// Whose it is.
        by: IntegrationId,
        /// That one's app.
        app: App,
    },
    /// The marketplace has as many accounts as it can.
    #[error(
        "the marketplace has {MOST_ACCOUNTS} integrations, which are the most: delete one that is not used"
    )]
    Full,
    /// The account that was to be connected again is not there any more.
    #[error("the integration was deleted meanwhile: connect it under a label, as a new one")]
    Gone,
    /// The account is another app's.
    #[error("integration {id} (`{label}`) is of {is}, not {asked}: give another label, or another id")]
    OtherApp {
        /// The account.
        id: IntegrationId,
        /// Its label.
        label: String,
        /// Its app.
        is: App,
        /// The app asked for.
        asked: App,
    },
    /// The program was built without the app's manifest.
    #[error("{0} has no manifest in this build")]
    NoManifest(App),
    /// The app cannot be connected like that.
    #[error("{app} cannot be connected by method `{method}`; it takes: {known}")]
    Method {
        /// The app.
        app: App,
        /// What was asked for.
        method: String,
        /// What there is.
        known: String,
    },
    /// The credentials are not what the app needs.
    #[error(transparent)]
    Credentials(#[from] InvalidCredentials),
    /// The app does not take them, or not now.
    #[error("{}{}", .0.reason().message, hint(.0))]
    Refused(#[from] RpcError),
    /// The connector did not answer.
    #[error(transparent)]
    Connector(ConnectorError),
    /// The credentials cannot be encrypted.
    #[error("the credentials are not sealed, and nothing is saved")]
    Vault(#[from] VaultError),
    /// The account is not saved.
    #[error("the integration is not saved")]
    Save(#[from] SaveError),
    /// The table did not answer.
    #[error("the table cannot be read or written")]
    Store(#[from] StoreError),
}

impl From<ConnectorError> for ConnectError {
    fn from(error: ConnectorError) -> Self {
        match error {
            ConnectorError::Refused(refused) => Self::Refused(refused),
            error => Self::Connector(error),
        }
    }
}

fn hint(refused: &RpcError) -> String {
    refused.reason().hint.as_ref().map(|hint| format!(" {hint}")).unwrap_or_default()
}

/// What is known of an account that is to be saved.
struct Draft {
    marketplace: MarketplaceId,
    app: App,
    id: IntegrationId,
    label: String,
    method: String,
    account: Option<String>,
    /// The address that the merchant gave.
    address: Option<String>,
    credentials: Ciphertext,
    /// The tokens of the login that connects it.
    tokens: Option<Pair>,
    /// The account as it was, where it is connected again.
    before: Option<Integration>,
}

impl Integrations {
    /// The account that is meant, where it is there. One of another app is no match.
    async fn find(
        &self,
        m: &MarketplaceId,
        app: App,
        place: ConnectTarget,
        now: Timestamp,
    ) -> Result<Option<Integration>, ConnectError> {
        let found = match place {
            ConnectTarget::New(label) => match self.store.integration_labelled(m, &label, now).await? {
                Some(other) => return Err(ConnectError::Taken { label, by: other.id, app: other.app }),
                None => None,
            },
            ConnectTarget::Labelled(label) => self.store.integration_labelled(m, &label, now).await?,
            ConnectTarget::Id(id, label) => match self.store.integration_labelled(m, &label, now).await? {
                Some(other) if other.id != id => {
                    return Err(ConnectError::Taken { label, by: other.id, app: other.app });
                }
                found @ Some(_) => found,
                None => self.store.integration(m, &id, now).await?,
            },
            ConnectTarget::Existing(account) => Some(*account),
        };
        match found {
            Some(other) if other.app != app => {
                Err(ConnectError::OtherApp { id: other.id, label: other.label, is: other.app, asked: app })
            }
            found => Ok(found),
        }
    }

    /// Saves an account that works, and has what was held for it released.
    async fn save(
        &self,
        draft: Draft,
        tested: Verification,
        now: Timestamp,
    ) -> Result<Connected, ConnectError> {
        let Draft { marketplace, app, id, label, method, account, address, credentials, tokens, before } =
            draft;
        let integration = Integration {
            id,
            marketplace,
            app,
            label,
            method,
            account: account.or_else(|| before.as_ref().and_then(|before| before.account.clone())),
            address,
            connection: Connection::Connected,
            credentials,
            created_at: before.as_ref().map_or(now, |before| before.created_at),
            updated_at: now,
            health: Health::default(),
        };
        let again = before.is_some();
        if !again && self.store.integrations(&integration.marketplace, now).await?.len() >= MOST_ACCOUNTS {
            return Err(ConnectError::Full);
        }
        let message = match &tested {
            Verification::Works => "Integration successfully connected.".to_owned(),
            Verification::Unknown(reason) => {
                format!("Integration connected, but not tested: {}", reason.message)
            }
        };
        let entry = entry(&integration, "Connect App", true, message, now);
        let (m, id) = (&integration.marketplace, &integration.id);
        // Before it is saved: what comes after that must not fail.
        let held = if again { self.store.held_count(m, id).await? } else { 0 };
        let stood = if tokens.is_some() { self.store.tokens(m, id, now).await? } else { None };
        let tokens = tokens.map(|pair| Tokens::connected(stood.as_ref(), pair, clock::unique()));
        let tokens = tokens.as_ref().map(|tokens| Replacing { before: stood.as_ref(), tokens });
        let along = SideWrites { entry: Some(&entry), release: again, tokens };
        match self.store.replace_integration(before.as_ref(), &integration, along, now).await {
            Ok(()) => Ok(Connected { integration, again, held, tested }),
            Err(SaveError::LabelTaken(label)) => {
                let by = self.store.integration_labelled(m, &label, now).await?;
                Err(by.map_or(SaveError::LabelTaken(label.clone()).into(), |by| ConnectError::Taken {
                    label,
                    by: by.id,
                    app: by.app,
                }))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives an account another label, if it still is the version of that tag.
    pub async fn rename(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        expected: &str,
        label: &str,
        now: Timestamp,
    ) -> Result<Option<Integration>, ConnectError> {
        let label = checked_label(label)?;
        let Some(before) = self.store.integration(m, id, now).await? else { return Ok(None) };
        if etag(&before) != expected {
            return Err(SaveError::Changed.into());
        }
        let message = format!("Renamed from `{}` to `{label}`.", before.label);
        let entry = entry(&before, "Edit Instance", true, message, now);
        let along = SideWrites { entry: Some(&entry), ..SideWrites::default() };
        Ok(Some(self.store.rename_integration(&before, &label, along, now).await?))
    }

    /// Asks the app whether a connected account still works, and notes what it says. One that was refused before and
    /// works is connected again, and what was held for it is released.
    pub async fn test(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<domain::connector_rpc::Tested, RefreshError> {
        let integration = self.store.integration(m, id, now).await?.ok_or(RefreshError::Unknown)?;
        let test = domain::connector_rpc::Test {
            marketplace: m.clone(),
            integration: id.clone(),
            method: integration.method.clone(),
            credentials: integration.credentials.clone(),
        };
        match self.connectors.ask_alone(&self.store, m, integration.app, test).await {
            Ok(tested) => {
                let message = "The connection works.".to_owned();
                self.answered(&integration, tested.account.clone(), "Test", message, now).await?;
                Ok(tested)
            }
            Err(ConnectorError::Refused(refused)) => {
                self.refused(&integration, "Test", &refused, now).await?;
                Err(RefreshError::Refused(refused))
            }
            Err(error) => Err(RefreshError::Connector(error)),
        }
    }

    async fn log(
        &self,
        integration: &Integration,
        action: &str,
        ok: bool,
        message: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let entry = entry(integration, action, ok, message, now);
        self.store.log_config(&integration.marketplace, &entry).await
    }
}

fn entry(integration: &Integration, action: &str, ok: bool, message: String, now: Timestamp) -> ConfigEntry {
    let Integration { id, app, .. } = integration;
    ConfigEntry { at: now, integration: id.clone(), app: *app, action: action.to_owned(), ok, message }
}

/// The tag of an account's version (for `ETag` and `If-Match`): it changes with its label and its credentials.
pub fn etag(integration: &Integration) -> String {
    time_key(integration.updated_at)
}

fn manifest(app: App) -> Result<&'static Manifest, ConnectError> {
    Catalog::built_in().manifest(app).ok_or(ConnectError::NoManifest(app))
}

fn checked_label(text: &str) -> Result<String, ConnectError> {
    let label = text.trim();
    let fits = (1..=LONGEST_LABEL).contains(&label.chars().count())
        && !label.chars().any(|c| c.is_control() || blank::is_invisible(c));
    if fits { Ok(label.to_owned()) } else { Err(ConnectError::Label) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_trimmed_and_neither_blank_nor_endless() {
        assert_eq!(checked_label("  Main audience ").unwrap(), "Main audience");
        for wrong in [
            "",
            "  ",
            "two\nlines",
            &"x".repeat(101),
            "Ma\u{200b}in",
            "\u{202e}niaM",
            "\u{feff}Main",
            "\u{2066}x",
        ] {
            assert!(matches!(checked_label(wrong), Err(ConnectError::Label)), "{wrong:?}");
        }
    }
}
