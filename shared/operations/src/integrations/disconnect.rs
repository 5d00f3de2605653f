//! Deletion of an account.

use aws::store::{BoundedCount, SaveError, StoreError};
use domain::app::App;
use domain::connector_rpc::Disconnect;
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Integration;
use domain::rule::Rule;
use futures::future::try_join3;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use runtime::logs::Causes;

use super::{Integrations, entry, etag};

/// The number of rules that are disabled at the same time.
const AT_ONCE: usize = 8;

/// The effects of deleting an account.
#[derive(Debug)]
pub struct Deletion {
    /// The account.
    pub integration: Integration,
    /// The enabled rules of the account, which would be disabled.
    pub rules: Vec<Rule>,
    /// The number of actions that are held for the account, which would end.
    pub held: BoundedCount,
    /// The number of actions that wait for their next attempt, which would end too.
    pub waiting: BoundedCount,
}

/// A deleted account.
#[derive(Debug)]
pub struct Gone {
    /// The effects. The rules are disabled and not deleted, so that another account can be set for them.
    pub deleted: Deletion,
    /// Whether the app revoked the engine's access.
    pub revoked: bool,
}

impl Integrations<'_> {
    /// Previews the deletion of an account. `None`: the account does not exist.
    pub async fn deletion(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<Deletion>, StoreError> {
        let Some(integration) = self.0.store.integration(m, id, now).await? else { return Ok(None) };
        let (mut rules, held, waiting) = try_join3(
            self.0.store.rules_of(m, id, now),
            self.0.store.held_at_least(m, id),
            self.0.store.waiting_at_least(m, id),
        )
        .await?;
        rules.retain(|rule| rule.enabled);
        Ok(Some(Deletion { integration, rules, held, waiting }))
    }

    /// Deletes the account, if its version still has this tag; without a tag, in any version. Then disables its rules,
    /// revokes the engine's access if the app supports it, and deletes tokens and lists. Jobs that are running or held
    /// end with this reason. `None`: the account does not exist; rules that still name it are disabled.
    pub async fn disconnect(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        expected: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Gone>, SaveError> {
        let Some(mut deleted) = self.deletion(m, id, now).await? else {
            // An earlier deletion may have failed before it had disabled every rule.
            let rules = self.0.store.rules_of(m, id, now).await?;
            self.switch_off(rules, m, id, now).await?;
            return Ok(None);
        };
        let integration = deleted.integration.clone();
        if expected.is_some_and(|expected| etag(&integration) != expected) {
            return Err(SaveError::Changed);
        }
        let entry = entry(&integration, "Disconnect App", true, message(&deleted), now)
            .change(Some(integration.excerpt()), None);
        self.0.store.delete_integration(&integration, Some(&entry), now).await?;

        // The account is deleted; none of the following steps can restore it, and none depends on another. The rules are
        // disabled after the deletion, so that actions that wait end because the account was deleted.
        let switched = self.switch_off(std::mem::take(&mut deleted.rules), m, id, now).await;
        let Integration { app, method, credentials, .. } = integration;
        let ask = Disconnect {
            marketplace: m.clone(),
            integration: id.clone(),
            method,
            credentials,
            unsaved: None,
        };
        let revoked = self.give_back(app, ask).await;
        for left in [self.0.store.delete_tokens(m, id).await, self.0.store.delete_options(m, id).await] {
            if let Err(error) = left {
                // They are no longer accessible.
                tracing::warn!(error = %Causes(&error), integration = %id, "the tokens or lists of a deleted account remain");
            }
        }
        deleted.rules = switched?;
        Ok(Some(Gone { deleted, revoked }))
    }

    /// Disables the rules that still name the account, and returns them.
    async fn switch_off(
        &self,
        rules: Vec<Rule>,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Vec<Rule>, StoreError> {
        let switched = stream::iter(rules).map(async |rule| {
            let off = self.0.store.switch_rule_off(m, &rule.id, id, now).await?;
            Ok(off.then_some(rule))
        });
        let switched: Vec<Option<Rule>> = switched.buffered(AT_ONCE).try_collect().await?;
        Ok(switched.into_iter().flatten().collect())
    }

    /// Revokes the engine's access, and returns whether the app did so. An app that does not respond must not prevent
    /// the deletion.
    pub(super) async fn give_back(&self, app: App, ask: Disconnect) -> bool {
        let integration = ask.integration.clone();
        match self.0.services.connectors.ask(app, ask).await {
            Ok(disconnected) => disconnected.revoked,
            Err(error) => {
                tracing::warn!(error = %Causes(&error), %integration, "the access was not revoked");
                false
            }
        }
    }
}

fn message(deleted: &Deletion) -> String {
    let Deletion { rules, held, waiting, .. } = deleted;
    let rules = match rules.len() {
        0 => String::new(),
        1 => " Its rule is disabled.".to_owned(),
        count => format!(" Its {count} rules are disabled."),
    };
    let ended: BoundedCount = [*held, *waiting].into_iter().sum();
    let least = if ended.more { "at least " } else { "" };
    let actions = match ended.count {
        0 => String::new(),
        1 => format!(" It ends {least}1 action that waited."),
        count => format!(" It ends {least}{count} actions that waited."),
    };
    format!("Integration deleted.{rules}{actions}")
}
