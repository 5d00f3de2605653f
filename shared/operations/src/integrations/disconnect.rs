//! Letting an account go.

use aws::store::StoreError;
use domain::ask::Disconnect;
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Integration;
use domain::rule::Rule;
use jiff::Timestamp;
use runtime::logs::Causes;

use super::Integrations;

/// An account that is gone.
#[derive(Debug)]
pub struct Gone {
    /// As it was.
    pub integration: Integration,
    /// Its rules, which are switched off now. They stay, so that they can be given another account.
    pub rules: Vec<Rule>,
    /// Whether the app took our access back.
    pub revoked: bool,
}

impl Integrations {
    /// Gives our access back where the app takes it, switches the account's rules off and deletes it with its tokens and
    /// lists. Jobs that are under way or held end with the reason. `None`: there is no such account.
    pub async fn disconnect(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<Gone>, StoreError> {
        let Some(integration) = self.store.integration(m, id, now).await? else { return Ok(None) };
        let ask = Disconnect { marketplace: m.clone(), integration: id.clone() };
        // An app that is down must not keep a merchant from leaving it.
        let revoked = match self.connectors.ask(integration.app, ask).await {
            Ok(disconnected) => disconnected.revoked,
            Err(error) => {
                tracing::warn!(error = %Causes(&error), integration = %id, "the access was not given back");
                false
            }
        };
        let mut rules = self.store.rules_of(m, id, now).await?;
        for rule in rules.iter_mut().filter(|rule| rule.enabled) {
            rule.enabled = false;
            self.store.switch_rule_off(m, &rule.id, now).await?;
        }
        self.store.delete_integration(&integration).await?;
        // Nobody will connect it again, which is what held jobs wait for.
        self.store.request_release(m, id, now).await?;
        self.log(&integration, "Disconnect App", true, message(&rules), now).await?;
        Ok(Some(Gone { integration, rules, revoked }))
    }
}

fn message(rules: &[Rule]) -> String {
    match rules.len() {
        0 => "Integration deleted.".to_owned(),
        1 => "Integration deleted. Its rule is switched off.".to_owned(),
        count => format!("Integration deleted. Its {count} rules are switched off."),
    }
}
