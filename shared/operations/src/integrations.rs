//! The connected accounts of a merchant: connecting with credentials or with a login at the app, refreshing options,
//! and deletion.
//!
//! Operations that need decrypted credentials are calls to the app's connector. The others are performed here.

mod address;
mod connect;
pub mod credentials;
mod disconnect;
pub(crate) mod lists;
mod login;
pub mod named;
mod options;
mod refresh;

use aws::store::{Replacing, SideWrites, StoreError};
use aws::vault::VaultError;
use domain::app::App;
use domain::blank;
use domain::connector_rpc::RpcError;
use domain::id::{IntegrationId, MarketplaceId, time_key};
use domain::integration::{Ciphertext, Connection, Health, Integration};
use domain::log::ConfigEntry;
use domain::manifest::{Catalog, Manifest};
use domain::page::{Listed, Listing, Wanted};
use domain::token::{Pair, Tokens};
use jiff::Timestamp;
use runtime::clock;
use serde_json::json;

pub use aws::store::SaveError;
pub use connect::{ConnectInput, ConnectTarget, Verification};
pub use disconnect::{Deletion, Gone};
pub use options::{OptionFilter, Options, OptionsError};
pub use refresh::{Pulls, RefreshError};

use crate::connectors::ConnectorError;
use crate::engine::Engine;
use crate::listing::ListError;
use credentials::InvalidCredentials;

/// The maximum number of accounts of a marketplace.
pub const MOST_ACCOUNTS: usize = 100;
/// The maximum length of a label in characters.
const LONGEST_LABEL: usize = 100;

/// The operations on the integrations of a deployment.
#[derive(Debug, Clone, Copy)]
pub struct Integrations<'a>(&'a Engine);

impl Engine {
    /// The operations on the integrations.
    pub fn integrations(&self) -> Integrations<'_> {
        Integrations(self)
    }
}

/// The result of connecting an account.
#[derive(Debug)]
pub struct Connected {
    /// The account, as it is now stored.
    pub integration: Integration,
    /// Whether the account existed before and was reconnected.
    pub again: bool,
    /// The number of jobs that were held for the account. The sweeper releases them.
    pub held: usize,
    /// Whether the app accepted the credentials.
    pub tested: Verification,
}

/// The reason why an account is not connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The label is not valid.
    #[error(
        "the label is not valid: give 1 to {LONGEST_LABEL} characters, none of them a control character or an invisible one"
    )]
    Label,
    /// Another account has the label.
    #[error(
        "label `{label}` is in use by integration {by} ({app}): choose another label, or reconnect that integration"
    )]
    Taken {
        /// The label.
        label: String,
        /// The account that has the label.
        by: IntegrationId,
        /// The app of that account.
        app: App,
    },
    /// The marketplace has the maximum number of accounts.
    #[error("the marketplace has {MOST_ACCOUNTS} integrations, the maximum: delete an unused integration")]
    Full,
    /// The account to reconnect no longer exists.
    #[error("the integration has been deleted: connect a new one with a label")]
    Gone,
    /// The account belongs to another app.
    #[error("integration {id} (`{label}`) belongs to {is}, not {asked}: give another label or id")]
    OtherApp {
        /// The account.
        id: IntegrationId,
        /// The account's label.
        label: String,
        /// The account's app.
        is: App,
        /// The requested app.
        asked: App,
    },
    /// The program was built without the app's manifest.
    #[error("{0} has no manifest in this build")]
    NoManifest(App),
    /// The app has no such connection method.
    #[error("{app} cannot be connected by method `{method}`; its methods are: {known}")]
    Method {
        /// The app.
        app: App,
        /// The requested method.
        method: String,
        /// The methods of the app.
        known: String,
    },
    /// The credentials do not match the manifest.
    #[error(transparent)]
    Credentials(#[from] InvalidCredentials),
    /// The app rejected the credentials, or did not respond.
    #[error("{}{}", .0.reason().message, hint(.0))]
    Refused(#[from] RpcError),
    /// The connector did not respond.
    #[error(transparent)]
    Connector(ConnectorError),
    /// The credentials cannot be encrypted.
    #[error("the credentials cannot be encrypted; nothing was saved")]
    Vault(#[from] VaultError),
    /// The account could not be saved.
    #[error("the integration was not saved")]
    Save(#[from] SaveError),
    /// DynamoDB did not respond.
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

/// An account to save.
struct Draft {
    marketplace: MarketplaceId,
    app: App,
    id: IntegrationId,
    label: String,
    method: String,
    account: Option<String>,
    /// The URL that the merchant entered.
    address: Option<String>,
    credentials: Ciphertext,
    /// The tokens of the login, if the account is connected with one.
    tokens: Option<Pair>,
    /// The account before, if it is reconnected.
    before: Option<Integration>,
}

impl Integrations<'_> {
    /// All accounts of a marketplace.
    pub async fn all(&self, m: &MarketplaceId, now: Timestamp) -> Result<Vec<Integration>, StoreError> {
        self.0.store.integrations(m, now).await
    }

    /// A page of the accounts, by id: all, or those of an app.
    pub async fn page(
        &self,
        m: &MarketplaceId,
        app: Option<App>,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Listed<Integration>, ListError> {
        let listing = Listing::new("integrations", &(m, app));
        let after = listing.after(wanted)?;
        let page = self.0.store.integrations_page(m, app, after.as_ref(), wanted.limit, now).await?;
        Ok(listing.listed(page))
    }

    /// An account by id.
    pub async fn get(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<Integration>, StoreError> {
        self.0.store.integration(m, id, now).await
    }

    /// The number of actions that are held until the account is reconnected.
    pub async fn held(&self, m: &MarketplaceId, id: &IntegrationId) -> Result<usize, StoreError> {
        self.0.store.held_count(m, id).await
    }

    /// The existing account that the target refers to, if any. An account of another app is an error.
    async fn find(
        &self,
        m: &MarketplaceId,
        app: App,
        place: ConnectTarget,
        now: Timestamp,
    ) -> Result<Option<Integration>, ConnectError> {
        let found = match place {
            ConnectTarget::New(label) => match self.0.store.integration_labelled(m, &label, now).await? {
                Some(other) => return Err(ConnectError::Taken { label, by: other.id, app: other.app }),
                None => None,
            },
            ConnectTarget::Labelled(label) => self.0.store.integration_labelled(m, &label, now).await?,
            ConnectTarget::Id(id, label) => match self.0.store.integration_labelled(m, &label, now).await? {
                Some(other) if other.id != id => {
                    return Err(ConnectError::Taken { label, by: other.id, app: other.app });
                }
                found @ Some(_) => found,
                None => self.0.store.integration(m, &id, now).await?,
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

    /// Saves an account and has its held jobs released.
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
            changed_by: Some(self.0.store.author().clone()),
            health: Health::default(),
        };
        let again = before.is_some();
        if !again && self.0.store.integrations(&integration.marketplace, now).await?.len() >= MOST_ACCOUNTS {
            return Err(ConnectError::Full);
        }
        let message = match &tested {
            Verification::Works => "Integration successfully connected.".to_owned(),
            Verification::Unknown(reason) => {
                format!("Integration connected, but not tested: {}", reason.message)
            }
        };
        let entry = entry(&integration, "Connect App", true, message, now)
            .change(before.as_ref().map(Integration::excerpt), Some(integration.excerpt()));
        let (m, id) = (&integration.marketplace, &integration.id);
        // This is read before the account is saved, because nothing may fail after that.
        let held = if again { self.0.store.held_count(m, id).await? } else { 0 };
        let stood = if tokens.is_some() { self.0.store.tokens(m, id, now).await? } else { None };
        let tokens = tokens.map(|pair| Tokens::connected(stood.as_ref(), pair, clock::unique()));
        let tokens = tokens.as_ref().map(|tokens| Replacing { before: stood.as_ref(), tokens });
        let along = SideWrites { entry: Some(&entry), release: again, tokens };
        match self.0.store.replace_integration(before.as_ref(), &integration, along, now).await {
            Ok(()) => Ok(Connected { integration, again, held, tested }),
            Err(SaveError::LabelTaken(label)) => {
                let by = self.0.store.integration_labelled(m, &label, now).await?;
                Err(by.map_or(SaveError::LabelTaken(label.clone()).into(), |by| ConnectError::Taken {
                    label,
                    by: by.id,
                    app: by.app,
                }))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Renames an account if its version still has this tag.
    pub async fn rename(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        expected: &str,
        label: &str,
        now: Timestamp,
    ) -> Result<Option<Integration>, ConnectError> {
        let label = checked_label(label)?;
        let Some(before) = self.0.store.integration(m, id, now).await? else { return Ok(None) };
        if etag(&before) != expected {
            return Err(SaveError::Changed.into());
        }
        let message = format!("Renamed from `{}` to `{label}`.", before.label);
        let entry = entry(&before, "Edit Instance", true, message, now)
            .change(Some(json!({ "label": before.label })), Some(json!({ "label": label })));
        let along = SideWrites { entry: Some(&entry), ..SideWrites::default() };
        Ok(Some(self.0.store.rename_integration(&before, &label, along, now).await?))
    }

    /// Tests with the app whether a connected account works, and stores the result. If the account needed to be
    /// reconnected and works, it is connected again and its held jobs are released.
    pub async fn test(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<domain::connector_rpc::Tested, RefreshError> {
        let integration = self.0.store.integration(m, id, now).await?.ok_or(RefreshError::Unknown)?;
        let test = domain::connector_rpc::Test {
            marketplace: m.clone(),
            integration: id.clone(),
            method: integration.method.clone(),
            credentials: integration.credentials.clone(),
        };
        match self.0.services.connectors.ask_alone(&self.0.store, m, integration.app, test).await {
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
        self.0.store.log_config(&integration.marketplace, &entry).await
    }
}

fn entry(integration: &Integration, action: &str, ok: bool, message: String, now: Timestamp) -> ConfigEntry {
    let result = if ok { Ok(message) } else { Err(message) };
    ConfigEntry::of_account(&integration.id, integration.app, action, result, now)
}

/// The tag of an account's version (for `ETag` and `If-Match`). It changes with the label and the credentials.
pub fn etag(integration: &Integration) -> String {
    time_key(integration.updated_at)
}

fn manifest(app: App) -> Result<&'static Manifest, ConnectError> {
    Catalog::get().manifest(app).ok_or(ConnectError::NoManifest(app))
}

fn checked_label(text: &str) -> Result<String, ConnectError> {
    let label = text.trim();
    let fits = (1..=LONGEST_LABEL).contains(&label.chars().count()) && !blank::has_unprintable(label);
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
