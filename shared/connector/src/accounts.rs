//! Connected accounts with decrypted credentials, cached for a minute, so that steady traffic costs no KMS call.

use std::sync::Arc;
use std::time::Duration;

use aws::store::{Store, StoreError};
use aws::vault::{Vault, VaultError};
use domain::admission::AccountState;
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::{Connection, Integration};
use domain::job::Job;
use jiff::Timestamp;
use runtime::clock::Instant;
use runtime::logs::Causes;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::credentials::Credentials;
use crate::remembered::Remembered;

/// How long a cached account is used before it is read again.
const FRESH: Duration = Duration::from_mins(1);
/// How long AWS KMS is not called again after it failed to respond: each call takes seconds of the function's time, and
/// a batch has ten jobs.
const AWAY: Duration = Duration::from_secs(10);

/// An account as it was last read.
#[derive(Debug)]
pub struct Account {
    /// The integration.
    pub integration: Integration,
    /// Its decrypted credentials.
    pub credentials: Credentials,
}

/// The accounts that this function instance has used recently.
#[derive(Debug)]
pub struct Accounts {
    store: Store,
    vault: Vault,
    slots: Remembered<Arc<Slot>>,
}

/// The cache entry of one account.
#[derive(Debug, Default)]
struct Slot {
    /// Locked while the account is read and its credentials are decrypted: a batch of one account's jobs makes one
    /// call, not ten. Jobs of other accounts do not wait for it.
    known: Mutex<Option<Known>>,
}

/// The cached state of an account.
#[derive(Debug)]
struct Known {
    /// `None`: the account is read again.
    read: Option<Instant>,
    integration: Integration,
    opened: Opened,
}

/// The result of decrypting credentials.
#[derive(Debug, Clone)]
enum Opened {
    Open(Arc<Account>),
    Unreadable,
    /// AWS KMS failed to respond at this time.
    Away(Instant),
}

impl Accounts {
    /// An empty cache.
    pub fn new(store: Store, vault: Vault) -> Self {
        Self { store, vault, slots: Remembered::default() }
    }

    fn slot(&self, m: &MarketplaceId, id: &IntegrationId) -> Arc<Slot> {
        self.slots.of(m, id, Arc::default, |slot| Arc::clone(slot))
    }

    /// The account of a job.
    pub(crate) async fn of(
        &self,
        Job { marketplace: m, integration: id, .. }: &Job,
        now: Timestamp,
    ) -> Result<AccountState<Arc<Account>>, StoreError> {
        let slot = self.slot(m, id);
        let mut known = slot.known.lock().await;
        if let Some(Known { read: Some(read), integration, opened: Opened::Open(account) }) = &*known
            && read.elapsed() < FRESH
            && integration.connection == Connection::Connected
        {
            return Ok(AccountState::Found(integration.clone(), Arc::clone(account)));
        }
        let Some(integration) = self.store.integration(m, id, now).await? else {
            *known = None;
            return Ok(AccountState::Deleted);
        };
        let decrypt = self.vault.decrypt(integration.app, m, id, &integration.credentials);
        let opened = open(known.as_ref(), &integration, Instant::now(), decrypt).await;
        let found = match &opened {
            Opened::Open(account) => AccountState::Found(integration.clone(), Arc::clone(account)),
            Opened::Unreadable => AccountState::Unreadable(integration.clone()),
            Opened::Away(_) => AccountState::Undecrypted,
        };
        *known = Some(Known { read: Some(Instant::now()), integration, opened });
        Ok(found)
    }

    /// Marks an account to be read again. Its decrypted credentials are kept as long as the ciphertext is the same.
    pub(crate) async fn reread(&self, m: &MarketplaceId, id: &IntegrationId) {
        if let Some(known) = self.slot(m, id).known.lock().await.as_mut() {
            known.read = None;
        }
    }
}

/// Decrypts an account's credentials. The previous result is reused if the ciphertext is the same and AWS KMS has
/// responded, or was called a moment ago.
async fn open(
    known: Option<&Known>,
    integration: &Integration,
    now: Instant,
    decrypt: impl Future<Output = Result<SecretString, VaultError>>,
) -> Opened {
    let account = |credentials| Arc::new(Account { integration: integration.clone(), credentials });
    let known = known.filter(|known| known.integration.credentials == integration.credentials);
    match known.map(|known| &known.opened) {
        Some(Opened::Open(known)) => return Opened::Open(account(known.credentials.clone())),
        Some(Opened::Unreadable) => return Opened::Unreadable,
        Some(Opened::Away(since)) if now.duration_since(*since) < AWAY => return Opened::Away(*since),
        Some(Opened::Away(_)) | None => {}
    }
    match decrypt.await {
        Ok(plain) => match Credentials::parse(plain.expose_secret().as_bytes()) {
            Ok(credentials) => Opened::Open(account(credentials)),
            Err(error) => unreadable(&error),
        },
        Err(error @ VaultError::Unavailable { .. }) => {
            tracing::error!(error = %Causes(&error), "KMS did not decrypt the account's credentials");
            Opened::Away(now)
        }
        Err(error @ (VaultError::Unreadable | VaultError::TooLarge(_))) => unreadable(&error),
    }
}

fn unreadable(error: &dyn std::error::Error) -> Opened {
    tracing::error!(%error, "the account's credentials cannot be read");
    Opened::Unreadable
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use domain::app::App;
    use domain::integration::Ciphertext;

    use super::*;
    use crate::testing::account;

    #[tokio::test]
    async fn kms_is_asked_once_about_credentials_that_it_does_not_open() {
        let integration = account(App::KIT, "v4_api_key");
        let (asked, began) = (Cell::new(0), Instant::now());
        let away = || VaultError::Unavailable { operation: "Decrypt", source: "away".into() };
        let unreadable = || VaultError::Unreadable;
        let cases: [(&dyn Fn() -> VaultError, _); 2] = [(&away, [1, 1, 2]), (&unreadable, [1, 1, 1])];
        for (answer, expected) in cases {
            asked.set(0);
            let mut known = None;
            let mut counts = Vec::new();
            for seconds in [0, 9, 10] {
                for _ in 0..10 {
                    let decrypt = async {
                        asked.set(asked.get() + 1);
                        Err(answer())
                    };
                    let now = began + Duration::from_secs(seconds);
                    let opened = open(known.as_ref(), &integration, now, decrypt).await;
                    assert!(!matches!(opened, Opened::Open(_)));
                    known = Some(Known { read: None, integration: integration.clone(), opened });
                }
                counts.push(asked.get());
            }
            assert_eq!(counts, expected);
            // Other credentials are decrypted.
            let other = Integration { credentials: Ciphertext("1".to_owned()), ..integration.clone() };
            let opened = open(known.as_ref(), &other, began, async { Ok("{}".to_owned().into()) }).await;
            assert!(matches!(opened, Opened::Open(_)), "{opened:?}");
        }
    }
}
