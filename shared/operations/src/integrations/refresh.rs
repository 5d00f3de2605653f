//! Refresh: tests a connected account, and fetches its options.

use aws::store::{Refusal, StoreError};
use domain::connector_rpc::{FailedList, ListSize, Refresh, Refreshed, RpcError};
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Integration;
use domain::log::ConfigEntry;
use domain::manifest::Catalog;
use domain::options::{self, Missing, Pulled};
use jiff::Timestamp;
use runtime::logs::Causes;

use super::{Integrations, entry, lists};
use crate::connectors::ConnectorError;

/// The result of a refresh.
#[derive(Debug)]
pub struct Pulls {
    /// The account, as it is now stored.
    pub integration: Integration,
    /// The number of options in each list.
    pub lists: Vec<ListSize>,
    /// The lists that could not be fetched. Their stored options are unchanged.
    pub failed: Vec<FailedList>,
    /// Values that rules use and that no longer exist in the app.
    pub missing: Vec<Missing>,
}

impl Pulls {
    /// The message for a list that could not be fetched.
    pub fn told(&self, failed: &FailedList) -> String {
        told(&self.integration, failed)
    }
}

/// The reason why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The account does not exist.
    #[error("the integration does not exist")]
    Unknown,
    /// The app refused the credentials or did not respond. The Configuration Log has the reason.
    #[error("{}{}", .0.reason().message, super::hint(.0))]
    Refused(RpcError),
    /// The connector did not respond.
    #[error(transparent)]
    Connector(ConnectorError),
    /// DynamoDB did not respond.
    #[error("the table cannot be read or written")]
    Store(#[from] StoreError),
    /// The account has other credentials than those that were tested.
    #[error("the integration was reconnected while the refresh ran: repeat the refresh")]
    Changed,
}

impl Integrations<'_> {
    /// Tests the account and fetches its lists, with an entry in the Configuration Log. If the account needed to be
    /// reconnected and the test succeeds, it is connected again and its held jobs are released.
    pub async fn refresh(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Pulls, RefreshError> {
        let integration = self.0.store.integration(m, id, now).await?.ok_or(RefreshError::Unknown)?;
        let before = self.lists(&integration, now).await?;
        let ask = Refresh { marketplace: m.clone(), integration: id.clone() };
        let refreshed = self.0.services.connectors.ask_alone(&self.0.store, m, integration.app, ask).await;
        let Refreshed { account, lists, failed } = match refreshed {
            Ok(refreshed) => refreshed,
            Err(ConnectorError::Refused(refused)) => {
                self.refused(&integration, "Refresh", &refused, now).await?;
                return Err(RefreshError::Refused(refused));
            }
            Err(error) => return Err(RefreshError::Connector(error)),
        };
        let after = self.lists(&integration, now).await?;
        let rules = self.0.store.rules_of(m, id, now).await?;
        let manifest = Catalog::get().manifest(integration.app);
        let missing = manifest.map_or_else(Vec::new, |manifest| {
            options::missing(manifest, &rules, &before.into(), &after.into())
        });

        let message = message(&integration, &lists, &failed, &missing);
        let integration = self.answered(&integration, account, "Refresh", message, now).await?;
        Ok(Pulls { integration, lists, failed, missing })
    }

    /// Records that an account works, and returns it as it is now stored.
    pub(super) async fn answered(
        &self,
        used: &Integration,
        account: Option<String>,
        action: &str,
        message: String,
        now: Timestamp,
    ) -> Result<Integration, RefreshError> {
        let (m, id) = (&used.marketplace, &used.id);
        let entry = entry(used, action, true, message, now);
        let noted = self.0.store.mark_answered(used, account, &entry, now).await?;
        // The account is read again, because other requests may have changed it since.
        match self.0.store.integration(m, id, now).await? {
            Some(latest) if noted => Ok(latest),
            Some(_) => Err(RefreshError::Changed),
            None => {
                // The account was deleted, so its lists belong to no account.
                self.0.store.delete_options(m, id).await?;
                Err(RefreshError::Unknown)
            }
        }
    }

    /// The stored option lists of an account.
    pub async fn lists(&self, integration: &Integration, now: Timestamp) -> Result<Vec<Pulled>, StoreError> {
        lists::of(&self.0.store, integration, now).await
    }

    /// Records a refusal in the log and in the account.
    pub(super) async fn refused(
        &self,
        integration: &Integration,
        action: &str,
        refused: &RpcError,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let message = match refused {
            RpcError::Credentials { reason } => {
                let marked = self.0.store.mark_needs_reconnect(integration, reason, now).await?;
                if marked == Refusal::First
                    && let Err(error) = self.0.services.bus.needs_attention(integration, reason, now).await
                {
                    // The Configuration Log has the refusal.
                    tracing::error!(error = %Causes(&error), "the operator was not notified");
                }
                match marked {
                    Refusal::First | Refusal::Known => ConfigEntry::held(reason),
                    Refusal::Outdated => reason.message.clone(),
                }
            }
            RpcError::Rejected { reason } | RpcError::Later { reason, .. } => reason.message.clone(),
        };
        self.log(integration, action, false, message, now).await
    }
}

fn message(
    integration: &Integration,
    lists: &[ListSize],
    failed: &[FailedList],
    missing: &[Missing],
) -> String {
    let more = |list: &ListSize| if list.truncated { " and more" } else { "" };
    let counts: Vec<_> = lists
        .iter()
        .map(|list| format!("{}{} {}", list.count, more(list), label(integration, &list.list)))
        .collect();
    let mut message = "Integration successfully refreshed".to_owned();
    if !counts.is_empty() {
        message = format!("{message}: {}", counts.join(", "));
    }
    message.push('.');
    for failed in failed {
        message = format!("{message} {}", told(integration, failed));
    }
    for gone in missing {
        message = format!("{message} {gone}");
    }
    message
}

fn told(integration: &Integration, failed: &FailedList) -> String {
    format!("Could not refresh {}: {}", label(integration, &failed.list), failed.reason.message)
}

/// The label of a list.
fn label(integration: &Integration, list: &str) -> String {
    let manifest = Catalog::get().manifest(integration.app);
    let known = manifest.and_then(|manifest| manifest.option_lists.iter().find(|known| known.key == list));
    known.map_or_else(|| list.to_owned(), |known| known.label.to_lowercase())
}
