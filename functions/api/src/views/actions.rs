//! Actions of the Action Log.

use domain::app::App;
use domain::id::{EventId, IntegrationId, JobId, MarketplaceId, RuleId};
use domain::intent::Intent;
use domain::log::JobRecord;
use domain::trigger::Trigger;
use operations::StoreError;
use operations::names::Names;
use runtime::clock;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::words;
use crate::state::Api;

/// An action, with every attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActionView {
    /// The action's id.
    #[schema(value_type = String)]
    pub(crate) id: JobId,
    /// The event that led to the action.
    #[schema(value_type = String)]
    pub(crate) event: EventId,
    /// The rule that requested the action.
    #[schema(value_type = String)]
    pub(crate) rule: RuleId,
    /// The rule's name. Null if it has none, if the rule is deleted, and in responses to changes.
    pub(crate) rule_name: Option<String>,
    /// The trigger that fired.
    #[schema(value_type = String)]
    pub(crate) trigger: Trigger,
    /// The account in which the action is performed. It may be deleted since.
    #[schema(value_type = String)]
    pub(crate) integration: IntegrationId,
    /// The account's label. Null if the account is deleted, and in responses to changes.
    pub(crate) integration_label: Option<String>,
    /// The account's app.
    #[schema(value_type = String)]
    pub(crate) app: App,
    /// The kind of action, as the app's manifest names it.
    pub(crate) action: String,
    /// Whether the action sets its target, removes it or sends a message.
    pub(crate) intent: IntentView,
    /// The contact's address: the buyer's, or that of the recipient of a gift.
    pub(crate) email: String,
    /// The order line, if the trigger fires per line.
    pub(crate) line: Option<String>,
    /// When the fact occurred.
    #[schema(format = DateTime)]
    pub(crate) occurred_at: String,
    /// When the action last changed.
    #[schema(format = DateTime)]
    pub(crate) updated_at: String,
    /// The status of the action.
    #[schema(schema_with = words::status)]
    pub(crate) status: &'static str,
    /// Whether the action is a test of its rule. The rule may be a draft that was not saved.
    pub(crate) test: bool,
    /// The reason for the status.
    pub(crate) message: Option<String>,
    /// How to resolve the problem.
    pub(crate) hint: Option<String>,
    /// When the next attempt is due.
    #[schema(format = DateTime)]
    pub(crate) next_attempt: Option<String>,
    /// The number of attempts that count towards the maximum.
    pub(crate) attempts: u32,
    /// The result of each attempt, oldest first.
    pub(crate) history: Vec<AttemptView>,
}

/// The intent of an action.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntentView {
    /// To set the target, for example to add a tag.
    On,
    /// To remove the target, for example a tag.
    Off,
    /// To send a message, which has no opposite.
    Send,
}

/// The result of an attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptView {
    /// When the attempt was made.
    #[schema(format = DateTime)]
    pub(crate) at: String,
    /// The status of the action after the attempt.
    #[schema(schema_with = words::status)]
    pub(crate) status: &'static str,
    /// The reason for the status.
    pub(crate) message: Option<String>,
}

impl ActionView {
    /// Adds the names of rules and accounts to actions, with one read for all of them.
    pub(crate) async fn name<'v>(
        api: &Api,
        m: &MarketplaceId,
        actions: impl IntoIterator<Item = &'v mut Self>,
    ) -> Result<(), StoreError> {
        let actions: Vec<_> = actions.into_iter().collect();
        let ids = actions.iter().map(|action| (&action.rule, &action.integration));
        let names = api.engine.console().action_names(m, ids, clock::now()).await?;
        for action in actions {
            action.rule_name = names.rule(&action.rule).map(str::to_owned);
            action.integration_label = names.account(&action.integration).map(str::to_owned);
        }
        Ok(())
    }
}

impl From<&JobRecord> for ActionView {
    fn from(record: &JobRecord) -> Self {
        let history = record.history.iter().map(|attempt| AttemptView {
            at: attempt.at.to_string(),
            status: attempt.status.key(),
            message: attempt.message.clone(),
        });
        Self {
            id: record.id,
            event: record.id.event,
            rule: record.rule.clone(),
            rule_name: None,
            trigger: record.trigger,
            integration: record.integration.clone(),
            integration_label: None,
            app: record.app,
            action: record.action.clone(),
            intent: match record.intent {
                Intent::On => IntentView::On,
                Intent::Off => IntentView::Off,
                Intent::Send => IntentView::Send,
            },
            email: record.email.clone(),
            line: record.line.clone(),
            occurred_at: record.occurred_at.to_string(),
            updated_at: record.updated_at.to_string(),
            status: record.status.key(),
            test: record.test,
            message: record.reason.as_ref().map(|reason| reason.message.clone()),
            hint: record.reason.as_ref().and_then(|reason| reason.hint.clone()),
            next_attempt: record.next_attempt.map(|at| at.to_string()),
            attempts: record.attempts,
            history: history.collect(),
        }
    }
}
