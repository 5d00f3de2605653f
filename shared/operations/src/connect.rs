//! Connecting an account of an app, and giving a connected one new credentials.

use std::collections::BTreeMap;

use aws::store::{SaveError, Store, StoreError};
use aws::vault::{Vault, VaultError};
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId, time_key};
use domain::integration::{Connection, Health, Integration};
use domain::log::ConfigEntry;
use domain::manifest::{Catalog, Manifest, Method};
use jiff::Timestamp;
use runtime::clock;
use secrecy::SecretString;

use crate::credentials::{self, InvalidCredentials};

/// As many characters as a label may have.
const LONGEST_LABEL: usize = 100;

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
    /// The manifest's method to connect by [default: the first that takes typed credentials].
    pub method: Option<String>,
    /// The credentials by key, as the app's manifest names them.
    pub credentials: BTreeMap<String, SecretString>,
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
}

/// An account that is not connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The label cannot be one.
    #[error("the label is not valid: give 1 to {LONGEST_LABEL} characters, none of them a control character")]
    Label,
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
        /// The methods that take typed credentials.
        known: String,
    },
    /// The credentials are not what the app needs.
    #[error(transparent)]
    Credentials(#[from] InvalidCredentials),
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

/// Checks the credentials, seals them and saves the account, with an entry in the Configuration Log.
pub async fn connect(
    wish: Wish,
    store: &Store,
    vault: &Vault,
    now: Timestamp,
) -> Result<Connected, ConnectError> {
    let Wish { marketplace, app, label, id, method, credentials } = wish;
    let label = checked_label(&label)?;
    let manifest = Catalog::built_in().manifest(app).ok_or(ConnectError::NoManifest(app))?;
    let method = typed(manifest, method)?;
    let plain = credentials::check(manifest, method, &credentials)?;

    let before = find(store, &marketplace, id.as_ref(), &label, now).await?;
    if let Some(other) = before.as_ref().filter(|before| before.app != app) {
        return Err(ConnectError::OtherApp {
            id: other.id.clone(),
            label: other.label.clone(),
            is: other.app,
            asked: app,
        });
    }
    let id = match before.as_ref().map(|before| before.id.clone()).or(id) {
        Some(id) => id,
        None => new_id(now),
    };
    let credentials = vault.seal(&marketplace, &id, &plain).await?;
    let integration = Integration {
        id,
        marketplace,
        app,
        label,
        method: method.key.clone(),
        account: None,
        connection: Connection::Connected,
        credentials,
        created_at: before.as_ref().map_or(now, |before| before.created_at),
        updated_at: now,
        health: Health::default(),
    };
    store.save_integration(&integration, now).await?;
    let entry = ConfigEntry {
        at: now,
        integration: integration.id.clone(),
        app,
        action: "Connect App".to_owned(),
        ok: true,
        message: "Integration successfully connected.".to_owned(),
    };
    store.log_config(&integration.marketplace, &entry).await?;
    let again = before.is_some();
    let mut held = 0;
    if again {
        store.request_release(&integration.marketplace, &integration.id, now).await?;
        held = store.held_count(&integration.marketplace, &integration.id).await?;
    }
    Ok(Connected { integration, again, held })
}

/// The method of that key, among those that take typed credentials; the first of them where none is named.
fn typed(manifest: &Manifest, key: Option<String>) -> Result<&Method, ConnectError> {
    let typed = || manifest.methods.iter().filter(|method| method.oauth.is_none());
    let found = match &key {
        Some(key) => typed().find(|method| method.key == *key),
        None => typed().next(),
    };
    found.ok_or_else(|| {
        let known: Vec<_> = typed().map(|method| method.key.as_str()).collect();
        let known = if known.is_empty() { "none, only OAuth".to_owned() } else { known.join(", ") };
        ConnectError::Method { app: manifest.app, method: key.unwrap_or_default(), known }
    })
}

/// The account that is meant: by id, or else by label.
async fn find(
    store: &Store,
    m: &MarketplaceId,
    id: Option<&IntegrationId>,
    label: &str,
    now: Timestamp,
) -> Result<Option<Integration>, StoreError> {
    match id {
        Some(id) => store.integration(m, id, now).await,
        None => store.integration_labelled(m, label, now).await,
    }
}

/// An id that sorts by time and that no other account has.
fn new_id(now: Timestamp) -> IntegrationId {
    let chance = clock::unique();
    #[expect(clippy::expect_used, reason = "24 letters and digits behind the prefix")]
    IntegrationId::new(format!("int_{}{}", time_key(now), &chance[..14])).expect("a valid id")
}

fn checked_label(text: &str) -> Result<String, ConnectError> {
    let label = text.trim();
    let fits = (1..=LONGEST_LABEL).contains(&label.chars().count()) && !label.chars().any(char::is_control);
    if fits { Ok(label.to_owned()) } else { Err(ConnectError::Label) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_ids_are_valid_sort_by_time_and_differ() {
        let now = Timestamp::from_second(1_780_000_000).unwrap();
        let later = Timestamp::from_second(1_780_000_001).unwrap();
        assert!(new_id(now) < new_id(later));
        assert_ne!(new_id(now), new_id(now));
    }

    #[test]
    fn a_label_is_trimmed_and_neither_blank_nor_endless() {
        assert_eq!(checked_label("  Main audience ").unwrap(), "Main audience");
        for wrong in ["", "  ", "two\nlines", &"x".repeat(101)] {
            assert!(matches!(checked_label(wrong), Err(ConnectError::Label)), "{wrong:?}");
        }
    }
}
