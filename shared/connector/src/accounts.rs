//! Connected accounts with their credentials open, kept for a minute, so that steady traffic costs no KMS call.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws::store::{Store, StoreError};
use aws::vault::{Vault, VaultError};
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::{Connection, Integration};
use domain::job::Job;
use jiff::Timestamp;
use runtime::logs::Causes;
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use crate::credentials::Credentials;

/// How long an account is taken as it was read.
const FRESH: Duration = Duration::from_mins(1);

/// As many accounts as are kept; beyond it all are forgotten.
const MOST: usize = 1_000;

/// A job's account, as it was read.
#[derive(Debug)]
pub enum Found {
    /// It is stored, and its credentials are decrypted.
    Open(Arc<Account>),
    /// It was deleted.
    Deleted,
    /// Its stored credentials can never be decrypted, or are not in the expected format.
    Unreadable(Box<Integration>),
    /// KMS did not decrypt the credentials now.
    Undecrypted,
}

/// An account as it was read.
#[derive(Debug)]
pub struct Account {
    /// The integration.
    pub integration: Integration,
    /// Its credentials, open.
    pub credentials: Credentials,
}

type Key = (MarketplaceId, IntegrationId);

/// The accounts that this sandbox has used lately.
#[derive(Debug)]
pub struct Accounts {
    store: Store,
    vault: Vault,
    cache: Mutex<HashMap<Key, (Instant, Arc<Account>)>>,
    /// Those that have answered since they failed last. It is remembered here so that an answer costs no write.
    answered: Mutex<HashSet<Key>>,
}

impl Accounts {
    /// None yet.
    pub fn new(store: Store, vault: Vault) -> Self {
        Self { store, vault, cache: Mutex::default(), answered: Mutex::default() }
    }

    /// The job's account.
    pub async fn of(&self, job: &Job, now: Timestamp) -> Result<Found, StoreError> {
        let key = (job.marketplace.clone(), job.integration.clone());
        // Held across the read: a batch of one account's jobs makes one call, not ten.
        let mut cache = self.cache.lock().await;
        if let Some((read, account)) = cache.get(&key)
            && read.elapsed() < FRESH
            && account.integration.connection == Connection::Connected
        {
            return Ok(Found::Open(Arc::clone(account)));
        }
        let Some(integration) = self.store.integration(&key.0, &key.1, now).await? else {
            cache.remove(&key);
            return Ok(Found::Deleted);
        };
        let known =
            cache.get(&key).filter(|(_, known)| known.integration.credentials == integration.credentials);
        let credentials = match known {
            Some((_, known)) => known.credentials.clone(),
            None => match self.vault.decrypt(integration.app, &key.0, &key.1, &integration.credentials).await
            {
                Ok(plain) => match Credentials::parse(plain.expose_secret().as_bytes()) {
                    Ok(credentials) => credentials,
                    Err(error) => return Ok(unreadable(integration, &error)),
                },
                Err(error @ VaultError::Unavailable { .. }) => {
                    tracing::error!(error = %Causes(&error), "KMS did not decrypt the account's credentials");
                    return Ok(Found::Undecrypted);
                }
                Err(error @ (VaultError::Unreadable | VaultError::TooLarge(_))) => {
                    return Ok(unreadable(integration, &error));
                }
            },
        };
        let account = Arc::new(Account { integration, credentials });
        if cache.len() >= MOST {
            cache.clear();
        }
        cache.insert(key, (Instant::now(), Arc::clone(&account)));
        Ok(Found::Open(account))
    }

    /// Forgets an account, so that it is read anew.
    pub async fn forget(&self, m: &MarketplaceId, id: &IntegrationId) {
        self.cache.lock().await.remove(&(m.clone(), id.clone()));
    }

    /// Remembers that an account answered.
    pub(crate) async fn record_answer(&self, m: &MarketplaceId, id: &IntegrationId) {
        let mut answered = self.answered.lock().await;
        if answered.len() >= MOST {
            answered.clear();
        }
        answered.insert((m.clone(), id.clone()));
    }

    /// Remembers that a call in an account failed; whether it answered since the last time.
    pub(crate) async fn record_failure(&self, m: &MarketplaceId, id: &IntegrationId) -> bool {
        self.answered.lock().await.remove(&(m.clone(), id.clone()))
    }
}

fn unreadable(account: Integration, error: &dyn std::error::Error) -> Found {
    tracing::error!(%error, "the account's credentials cannot be read");
    Found::Unreadable(Box::new(account))
}
