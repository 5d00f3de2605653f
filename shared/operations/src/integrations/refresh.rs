//! Refresh: tests a connected account, and pulls what it offers to choose from.

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

/// What a Refresh came to.
#[derive(Debug)]
pub struct Pulls {
    /// The account as it is now.
    pub integration: Integration,
    /// How many things each list holds.
    pub lists: Vec<ListSize>,
    /// The lists that could not be pulled. They are as they were.
    pub failed: Vec<FailedList>,
    /// What rules still use, and the app does not have any more.
    pub missing: Vec<Missing>,
}

impl Pulls {
    /// What is said of a list that could not be pulled.
    pub fn told(&self, failed: &FailedList) -> String {
        told(&self.integration, failed)
    }
}

/// Why nothing was pulled.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// There is no such account.
    #[error("the integration does not exist")]
    Unknown,
    /// The app refuses, or cannot now; the Configuration Log has it.
    #[error("{}{}", .0.reason().message, super::hint(.0))]
    Refused(RpcError),
    /// The connector did not answer.
    #[error(transparent)]
    Connector(ConnectorError),
    /// The table did not answer.
    #[error("the table cannot be read or written")]
    Store(#[from] StoreError),
    /// It has other credentials than those that were tried.
    #[error("the integration was connected again meanwhile: do it once more")]
    Changed,
}

impl Integrations {
    /// Tests the account and pulls its lists, with an entry in the Configuration Log. One that was refused before and
    /// answers again is connected again, and what was held for it is released.
    pub async fn refresh(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Pulls, RefreshError> {
        let integration = self.store.integration(m, id, now).await?.ok_or(RefreshError::Unknown)?;
        let before = self.lists(&integration, now).await?;
        let ask = Refresh { marketplace: m.clone(), integration: id.clone() };
        let refreshed = self.connectors.ask_alone(&self.store, m, integration.app, ask).await;
        let Refreshed { account, lists, failed } = match refreshed {
            Ok(refreshed) => refreshed,
            Err(ConnectorError::Refused(refused)) => {
                self.refused(&integration, "Refresh", &refused, now).await?;
                return Err(RefreshError::Refused(refused));
            }
            Err(error) => return Err(RefreshError::Connector(error)),
        };
        let after = self.lists(&integration, now).await?;
        let rules = self.store.rules_of(m, id, now).await?;
        let manifest = Catalog::built_in().manifest(integration.app);
        let missing = manifest.map_or_else(Vec::new, |manifest| {
            options::missing(manifest, &rules, &before.into(), &after.into())
        });

        let message = message(&integration, &lists, &failed, &missing);
        let integration = self.answered(&integration, account, "Refresh", message, now).await?;
        Ok(Pulls { integration, lists, failed, missing })
    }

    /// Notes that an account answered; the account as it is now.
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
        let noted = self.store.mark_answered(used, account, &entry, now).await?;
        // With whatever somebody else changed in it meanwhile.
        match self.store.integration(m, id, now).await? {
            Some(latest) if noted => Ok(latest),
            Some(_) => Err(RefreshError::Changed),
            None => {
                // What was pulled for it is nobody's.
                self.store.delete_options(m, id).await?;
                Err(RefreshError::Unknown)
            }
        }
    }

    /// An account's lists as they were pulled last.
    pub async fn lists(&self, integration: &Integration, now: Timestamp) -> Result<Vec<Pulled>, StoreError> {
        lists::of(&self.store, integration, now).await
    }

    /// What the log and the account say of a refusal.
    pub(super) async fn refused(
        &self,
        integration: &Integration,
        action: &str,
        refused: &RpcError,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let message = match refused {
            RpcError::Credentials { reason } => {
                let marked = self.store.mark_needs_reconnect(integration, reason, now).await?;
                if marked == Refusal::First
                    && let Err(error) = self.bus.needs_attention(integration, reason, now).await
                {
                    // The log has it.
                    tracing::error!(error = %Causes(&error), "the operator was not told");
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

/// What a merchant calls a list.
fn label(integration: &Integration, list: &str) -> String {
    let manifest = Catalog::built_in().manifest(integration.app);
    let known = manifest.and_then(|manifest| manifest.option_lists.iter().find(|known| known.key == list));
    known.map_or_else(|| list.to_owned(), |known| known.label.to_lowercase())
}
