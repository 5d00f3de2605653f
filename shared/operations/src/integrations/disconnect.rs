//! Letting an account go.

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

/// As many rules are switched off side by side.
const AT_ONCE: usize = 8;

/// What deleting an account would do.
#[derive(Debug)]
pub struct Deletion {
    /// The account.
    pub integration: Integration,
    /// Its rules that are on: they would be switched off.
    pub rules: Vec<Rule>,
    /// Actions that are held for it: they would end.
    pub held: BoundedCount,
    /// Actions that are to be tried again later: they would end, too.
    pub waiting: BoundedCount,
}

/// An account that is gone.
#[derive(Debug)]
pub struct Gone {
    /// What was deleted: its rules are switched off now. They stay, so that they can be given another account.
    pub deleted: Deletion,
    /// Whether the app took our access back.
    pub revoked: bool,
}

impl Integrations {
    /// What deleting an account would do. `None`: there is no such account.
    pub async fn deletion(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<Deletion>, StoreError> {
        let Some(integration) = self.store.integration(m, id, now).await? else { return Ok(None) };
        let (mut rules, held, waiting) = try_join3(
            self.store.rules_of(m, id, now),
            self.store.held_at_least(m, id),
            self.store.waiting_at_least(m, id),
        )
        .await?;
        rules.retain(|rule| rule.enabled);
        Ok(Some(Deletion { integration, rules, held, waiting }))
    }

    /// Switches the account's rules off and deletes it, if it still is the version of that tag (whichever it is, without
    /// one); then gives our access back where the app takes it, and deletes tokens and lists. Jobs that are under way or held
    /// end with the reason. `None`: there is no such account.
    pub async fn disconnect(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        expected: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Gone>, SaveError> {
        let Some(mut deleted) = self.deletion(m, id, now).await? else { return Ok(None) };
        let integration = deleted.integration.clone();
        if expected.is_some_and(|expected| etag(&integration) != expected) {
            return Err(SaveError::Changed);
        }
        // First, so that no rule asks for what cannot be done any more.
        let switched = stream::iter(std::mem::take(&mut deleted.rules)).map(async |rule| {
            let off = self.store.switch_rule_off(m, &rule.id, id, now).await?;
            Ok::<_, StoreError>(off.then_some(rule))
        });
        let switched: Vec<Option<Rule>> = switched.buffered(AT_ONCE).try_collect().await?;
        deleted.rules = switched.into_iter().flatten().collect();
        let entry = entry(&integration, "Disconnect App", true, message(&deleted), now);
        self.store.delete_integration(&integration, Some(&entry), now).await?;

        // It is gone, and nothing of this keeps it.
        let Integration { app, method, credentials, .. } = integration;
        let ask = Disconnect {
            marketplace: m.clone(),
            integration: id.clone(),
            method,
            credentials,
            unsaved: None,
        };
        let revoked = self.give_back(app, ask).await;
        for left in [self.store.delete_tokens(m, id).await, self.store.delete_options(m, id).await] {
            if let Err(error) = left {
                // Nobody sees them any more.
                tracing::warn!(error = %Causes(&error), integration = %id, "its tokens or lists are left");
            }
        }
        Ok(Some(Gone { deleted, revoked }))
    }

    /// Gives our access back; whether the app took it. One that is down must not keep a merchant from leaving it.
    pub(super) async fn give_back(&self, app: App, ask: Disconnect) -> bool {
        let integration = ask.integration.clone();
        match self.connectors.ask(app, ask).await {
            Ok(disconnected) => disconnected.revoked,
            Err(error) => {
                tracing::warn!(error = %Causes(&error), %integration, "the access was not given back");
                false
            }
        }
    }
}

fn message(deleted: &Deletion) -> String {
    let Deletion { rules, held, waiting, .. } = deleted;
    let rules = match rules.len() {
        0 => String::new(),
        1 => " Its rule is switched off.".to_owned(),
        count => format!(" Its {count} rules are switched off."),
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
