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
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use crate::credentials::{Credentials, InvalidCredentials};

/// How long an account is taken as it was read.
const FRESH: Duration = Duration::from_mins(1);

/// An account that cannot be used now.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The table did not answer: try again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The credentials do not open, now or ever, as the cause says.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The credentials are not what a connector reads.
    #[error(transparent)]
    Credentials(#[from] InvalidCredentials),
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

    /// The job's account; `None` where it was deleted.
    pub async fn of(&self, job: &Job, now: Timestamp) -> Result<Option<Arc<Account>>, AccountError> {
        let key = key(job);
        // Held across the read: a batch of one account's jobs makes one call, not ten.
        let mut cache = self.cache.lock().await;
        if let Some((read, account)) = cache.get(&key)
            && read.elapsed() < FRESH
            && account.integration.connection == Connection::Connected
        {
            return Ok(Some(Arc::clone(account)));
        }
        let Some(integration) = self.store.integration(&key.0, &key.1, now).await? else {
            cache.remove(&key);
            return Ok(None);
        };
        let opened = match cache.get(&key) {
            Some((_, known)) if known.integration.credentials == integration.credentials => {
                known.credentials.clone()
            }
            _ => {
                let plain = self.vault.open(&key.0, &key.1, &integration.credentials).await?;
                Credentials::parse(plain.expose_secret().as_bytes())?
            }
        };
        let account = Arc::new(Account { integration, credentials: opened });
        cache.insert(key, (Instant::now(), Arc::clone(&account)));
        Ok(Some(account))
    }

    /// Forgets an account, so that it is read anew.
    pub async fn forget(&self, job: &Job) {
        self.cache.lock().await.remove(&key(job));
    }

    /// Remembers that the job's account answered.
    pub(crate) async fn note_answer(&self, job: &Job) {
        self.answered.lock().await.insert(key(job));
    }

    /// Remembers that a call in the job's account failed; whether it answered since the last time.
    pub(crate) async fn note_failure(&self, job: &Job) -> bool {
        self.answered.lock().await.remove(&key(job))
    }
}

fn key(job: &Job) -> Key {
    (job.marketplace.clone(), job.integration.clone())
}
