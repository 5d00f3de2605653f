//! Actions of the Action Log.

use std::collections::BTreeMap;

use domain::app::App;
use domain::id::{EventId, IntegrationId, JobId, MarketplaceId, RuleId};
use domain::intent::Intent;
use domain::job::Job;
use domain::log::JobRecord;
use domain::manifest::{Action, Catalog};
use domain::outcome::Fix;
use domain::trigger::Trigger;
use operations::StoreError;
use runtime::clock;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::words;
use crate::state::Api;

/// The part of an action that its rule requested.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequestedView {
    /// The action's id.
    #[schema(value_type = String)]
    pub(crate) id: JobId,
    /// The event that led to the action.
    #[schema(value_type = String)]
    pub(crate) event: EventId,
    /// The rule that requested the action.
    #[schema(value_type = String)]
    pub(crate) rule: RuleId,
    /// The trigger that fired.
    #[schema(value_type = String)]
    pub(crate) trigger: Trigger,
    /// The account in which the action is performed. It may be deleted since.
    #[schema(value_type = String)]
    pub(crate) integration: IntegrationId,
    /// The account's app.
    #[schema(value_type = String)]
    pub(crate) app: App,
    /// The kind of action, as the app's manifest names it.
    pub(crate) action: String,
    /// The target of the action, such as a list and a tag in it: a value for each setting that the app's manifest names
    /// as the target of this kind of action, in its order. Empty for a message.
    pub(crate) target: Vec<TargetView>,
    /// The contact's address: the buyer's, or that of the recipient of a gift.
    pub(crate) email: String,
}

/// A part of an action's target.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TargetView {
    /// The key of the setting.
    pub(crate) setting: String,
    /// The value, 200 characters at most.
    pub(crate) value: String,
    /// The app's label of the value when the rule was saved. Null if the value was typed, if the rule is deleted or no
    /// longer names it, and in responses to changes.
    pub(crate) label: Option<String>,
}

/// An action, with every attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActionView {
    /// The part that the rule requested.
    #[serde(flatten)]
    pub(crate) requested: RequestedView,
    /// The rule's name. Null if it has none, if the rule is deleted, and in responses to changes.
    pub(crate) rule_name: Option<String>,
    /// The account's label. The label of a deleted account ends in ` (disconnected)` or, if its last label is not known,
    /// is `Disconnected account`. Null in responses to changes.
    pub(crate) integration_label: Option<String>,
    /// Whether the action sets its target, removes it or sends a message.
    pub(crate) intent: IntentView,
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
    /// The part that has to change before the action can succeed.
    #[schema(schema_with = words::fix_or_null)]
    pub(crate) fix: Option<&'static str>,
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
        let ids = actions.iter().map(|action| (&action.requested.rule, &action.requested.integration));
        let names = api.engine.console().action_names(m, ids, clock::now()).await?;
        for action in actions {
            let RequestedView { rule, integration, target, .. } = &mut action.requested;
            action.rule_name = names.rule(rule).map(str::to_owned);
            action.integration_label = Some(names.account(integration).to_owned());
            for part in target {
                part.label = names.value(rule, &part.value).map(str::to_owned);
            }
        }
        Ok(())
    }
}

/// The target of an action, in the order of the app's manifest.
fn target(app: App, action: &str, mut values: BTreeMap<String, String>) -> Vec<TargetView> {
    let action = Catalog::get().manifest(app).and_then(|app| app.action(action));
    let settings = action.map(Action::target).unwrap_or_default().iter();
    let part = |(setting, value)| TargetView { setting, value, label: None };
    settings.filter_map(|setting| values.remove_entry(setting)).map(part).collect()
}

impl From<Job> for RequestedView {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            event: job.id.event,
            target: target(job.app, &job.action, job.target()),
            rule: job.rule,
            trigger: job.trigger,
            integration: job.integration,
            app: job.app,
            action: job.action,
            email: job.contact.email,
        }
    }
}

impl From<&JobRecord> for RequestedView {
    fn from(record: &JobRecord) -> Self {
        Self {
            id: record.id,
            event: record.id.event,
            rule: record.rule.clone(),
            trigger: record.trigger,
            integration: record.integration.clone(),
            app: record.app,
            action: record.action.clone(),
            target: target(record.app, &record.action, record.target.clone()),
            email: record.email.clone(),
        }
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
            requested: record.into(),
            rule_name: None,
            integration_label: None,
            intent: match record.intent {
                Intent::On => IntentView::On,
                Intent::Off => IntentView::Off,
                Intent::Send => IntentView::Send,
            },
            line: record.line.clone(),
            occurred_at: record.occurred_at.to_string(),
            updated_at: record.updated_at.to_string(),
            status: record.status.key(),
            test: record.test,
            message: record.reason.as_ref().map(|reason| reason.message.clone()),
            hint: record.reason.as_ref().and_then(|reason| reason.hint.clone()),
            fix: record.reason.as_ref().and_then(|reason| reason.fix).map(Fix::key),
            next_attempt: record.next_attempt.map(|at| at.to_string()),
            attempts: record.attempts,
            history: history.collect(),
        }
    }
}
