//! The Action Log: actions with their results, retries and cancellations.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::app::App;
use domain::id::{IntegrationId, JobId, RuleId};
use domain::intent::Intent;
use domain::log::JobRecord;
use domain::trigger::Trigger;
use jiff::Timestamp;
use operations::actions::{Retried, Retry};
use operations::log::ActionFilter;
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::filters::{Facts, Phrase, Statuses};
use super::replays;
use crate::auth::{Editor, Portal};
use crate::input::{Both, Ids, Params};
use crate::openapi::words;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::Api;

/// An action, with every attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActionView {
    /// The action's id.
    id: String,
    /// The event that led to the action.
    event: String,
    /// The rule that requested the action.
    rule: String,
    /// The trigger that fired.
    trigger: String,
    /// The account in which the action is performed. It may be deleted since.
    integration: String,
    /// The account's app.
    app: String,
    /// The kind of action, as the app's manifest names it.
    action: String,
    /// Whether the action sets its target, removes it or sends a message.
    intent: IntentView,
    /// The contact's address: the buyer's, or that of the recipient of a gift.
    email: String,
    /// The order line, if the trigger fires per line.
    line: Option<String>,
    /// When the fact occurred.
    #[schema(format = DateTime)]
    occurred_at: String,
    /// When the action last changed.
    #[schema(format = DateTime)]
    updated_at: String,
    /// The status of the action.
    #[schema(schema_with = words::status)]
    status: &'static str,
    /// The reason for the status.
    message: Option<String>,
    /// How to resolve the problem.
    hint: Option<String>,
    /// When the next attempt is due.
    #[schema(format = DateTime)]
    next_attempt: Option<String>,
    /// The number of attempts that count towards the maximum.
    attempts: u32,
    /// The result of each attempt, oldest first.
    history: Vec<AttemptView>,
}

/// The intent of an action.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum IntentView {
    /// To set the target, for example to add a tag.
    On,
    /// To remove the target, for example a tag.
    Off,
    /// To send a message, which has no opposite.
    Send,
}

/// The result of an attempt.
#[derive(Debug, Serialize, ToSchema)]
struct AttemptView {
    /// When the attempt was made.
    #[schema(format = DateTime)]
    at: String,
    /// The status of the action after the attempt.
    #[schema(schema_with = words::status)]
    status: &'static str,
    /// The reason for the status.
    message: Option<String>,
}

impl From<&JobRecord> for ActionView {
    fn from(record: &JobRecord) -> Self {
        let history = record.history.iter().map(|attempt| AttemptView {
            at: attempt.at.to_string(),
            status: attempt.status.key(),
            message: attempt.message.clone(),
        });
        Self {
            id: record.id.to_string(),
            event: record.id.event.to_string(),
            rule: record.rule.to_string(),
            trigger: record.trigger.key().to_owned(),
            integration: record.integration.to_string(),
            app: record.app.key().to_owned(),
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
            message: record.reason.as_ref().map(|reason| reason.message.clone()),
            hint: record.reason.as_ref().and_then(|reason| reason.hint.clone()),
            next_attempt: record.next_attempt.map(|at| at.to_string()),
            attempts: record.attempts,
            history: history.collect(),
        }
    }
}

/// Filters of the Action Log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// Return only actions of this integration.
    #[param(pattern = "^int_[A-Za-z0-9_]{1,60}$", value_type = Option<String>)]
    integration: Option<IntegrationId>,
    /// Return only actions that this rule requested.
    #[param(pattern = "^rul_[A-Za-z0-9_]{1,60}$", value_type = Option<String>)]
    rule: Option<RuleId>,
    /// Return only actions with this status. Separate several with commas.
    #[param(schema_with = words::statuses)]
    status: Option<Statuses>,
    /// Return only actions of this trigger.
    #[param(schema_with = words::trigger)]
    trigger: Option<Trigger>,
    /// Return only actions of this app.
    #[param(schema_with = words::app)]
    app: Option<App>,
    /// Return only actions that contain this text in a field that is shown.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200)]
    q: Option<Phrase>,
    /// Return only actions that changed at this time or later. The order of the list is still that of the facts.
    #[param(format = DateTime, value_type = Option<String>)]
    updated_since: Option<Timestamp>,
}

impl Query {
    pub(super) fn filter(self, facts: Facts) -> ActionFilter {
        ActionFilter {
            integration: self.integration,
            rule: self.rule,
            statuses: self.status.unwrap_or_default().0,
            trigger: self.trigger,
            app: self.app,
            updated_since: self.updated_since,
            text: self.q.map(String::from),
            ..facts.into()
        }
    }
}

/// Whether an action that succeeded runs again.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Force {
    /// Run the action again even if it succeeded.
    #[param(default = false)]
    force: Option<bool>,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(retry))
        .routes(routes!(cancel))
}

/// List the Action Log, newest fact first
///
/// A page may be short or empty while more results follow. Continue until `next_cursor` is null.
#[utoipa::path(
    get, path = "/v1/actions", tag = "actions", params(Query, Facts, PageQuery),
    responses((status = 200, body = Page<ActionView>))
)]
async fn list(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Params(Both(query, Both(facts, ask))): Params<Both<Query, Both<Facts, PageQuery>>>,
) -> Result<Json<Page<ActionView>>, Problem> {
    let (m, filter) = (portal.marketplace(), query.filter(facts));
    let page = api.engine.log().actions(m, &filter, ask.wanted(), clock::now()).await?;
    Ok(Json(Page::of(&page)))
}

/// Retrieve an action with every attempt
#[utoipa::path(
    get, path = "/v1/actions/{job}", tag = "actions",
    responses((status = 200, body = ActionView))
)]
async fn show(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<JobId>,
) -> Result<Json<ActionView>, Problem> {
    let found = api.engine.log().action(portal.marketplace(), &id, clock::now()).await?;
    let found = found.ok_or_else(|| Problem::not_found("action"))?;
    Ok(Json((&found).into()))
}

/// Retry an action
///
/// An action that has ended runs again with the current settings of its rule; the rule's conditions are not checked. An
/// action that succeeded runs again only if `force` is set. An action that a newer fact superseded never runs again. An
/// action that waits for its next attempt is tried now, with the settings that were requested; if its app has named a
/// time for the whole account, the action still waits until then. An action that has not started, or whose message is
/// lost, is sent again. Held actions stay held.
#[utoipa::path(
    post, path = "/v1/actions/{job}/retry", tag = "actions",
    params(Force),
    responses(
        (status = 202, description = "The action is queued; its status shows the result"),
        (status = 409, description = "The action succeeded before, is running, held or superseded, or its rule no longer requests it"),
    )
)]
async fn retry(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(job): Ids<JobId>,
    Params(Force { force }): Params<Force>,
) -> Result<StatusCode, Problem> {
    let asked = Retry { job, forced: force.unwrap_or(false), run: replays::run() };
    let retried = editor.engine(&api).actions().retry(editor.marketplace(), asked, clock::now()).await?;
    match retried {
        Retried::Sent | Retried::Hastened => Ok(StatusCode::ACCEPTED),
        Retried::TookEffect => {
            Err(Problem::conflict("The action already succeeded. Set force=true to run it again."))
        }
        Retried::LeftAlone(until) => Err(Problem::conflict(format!(
            "Calls to the app are paused until {until}, after 10 failures in a row. The action is tried again at its next attempt."
        ))),
        Retried::UnderWay => Err(Problem::conflict("The action is already queued or running.")),
        Retried::Held(why) => {
            let why = why.map(|why| format!(" {}", why.message)).unwrap_or_default();
            Err(Problem::conflict(format!(
                "The action is held. It continues when its integration is reconnected or its app is resumed.{why}"
            )))
        }
    }
}

/// Cancel a waiting action
///
/// An action that waits for its next attempt, is rate limited or is held ends as `canceled`, without effect.
#[utoipa::path(
    post, path = "/v1/actions/{job}/cancel", tag = "actions",
    responses(
        (status = 200, body = ActionView),
        (status = 409, description = "The action has ended, is running or has not started"),
    )
)]
async fn cancel(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(job): Ids<JobId>,
) -> Result<Json<ActionView>, Problem> {
    let canceled = editor.engine(&api).actions().cancel(editor.marketplace(), job, clock::now()).await?;
    Ok(Json((&canceled).into()))
}
