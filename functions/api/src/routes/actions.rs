//! The Action Log: what was done, what came of it, and doing it again.

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
use operations::cancel;
use operations::logs::{self, ActionFilter};
use operations::retry::{self, Retried, Retry};
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

/// One action, and every attempt at it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActionView {
    /// Its id.
    id: String,
    /// The event that it is because of.
    event: String,
    /// The rule that asked for it.
    rule: String,
    /// The trigger that fired.
    trigger: String,
    /// The account it is done in, which may be deleted by now.
    integration: String,
    /// That account's app.
    app: String,
    /// What is done: an action of the app's manifest.
    action: String,
    /// What it wants.
    intent: IntentView,
    /// Whom it is about: the buyer, or the recipient of a gift.
    email: String,
    /// The order line, where there is one.
    line: Option<String>,
    /// When the fact occurred.
    #[schema(format = DateTime)]
    occurred_at: String,
    /// When this last changed.
    #[schema(format = DateTime)]
    updated_at: String,
    /// Where it stands.
    #[schema(schema_with = words::status)]
    status: &'static str,
    /// Why.
    message: Option<String>,
    /// What to do about it.
    hint: Option<String>,
    /// When it is tried next.
    #[schema(format = DateTime)]
    next_attempt: Option<String>,
    /// How many attempts it has spent.
    attempts: u32,
    /// What each attempt came to, oldest first.
    history: Vec<AttemptView>,
}

/// What an action wants.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum IntentView {
    /// That it be so.
    On,
    /// That it not be so.
    Off,
    /// That it be told.
    Send,
}

/// What one attempt came to.
#[derive(Debug, Serialize, ToSchema)]
struct AttemptView {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Where the action stood after it.
    #[schema(schema_with = words::status)]
    status: &'static str,
    /// Why.
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

/// Which actions are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// Only those in that account.
    #[param(pattern = "^int_[A-Za-z0-9_]{1,60}$", value_type = Option<String>)]
    integration: Option<IntegrationId>,
    /// Only those that rule asked for.
    #[param(pattern = "^rul_[A-Za-z0-9_]{1,60}$", value_type = Option<String>)]
    rule: Option<RuleId>,
    /// Only those that stand so; several are separated by commas.
    #[param(schema_with = words::statuses)]
    status: Option<Statuses>,
    /// Only those of that trigger.
    #[param(schema_with = words::trigger)]
    trigger: Option<Trigger>,
    /// Only those in that app.
    #[param(schema_with = words::app)]
    app: Option<App>,
    /// Only those with this text in what is shown of them.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200)]
    q: Option<Phrase>,
    /// Only those that changed at this time or later. The list stays in the order of the facts.
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

/// Whether it is done a second time.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Force {
    /// Do it a second time if it took effect.
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

/// The Action Log, newest fact first
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
    let page = logs::actions(&api.store, m, &filter, ask.wanted(), clock::now()).await?;
    Ok(Json(Page::of(&page)))
}

/// One action with every attempt
#[utoipa::path(
    get, path = "/v1/actions/{job}", tag = "actions",
    responses((status = 200, body = ActionView))
)]
async fn show(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<JobId>,
) -> Result<Json<ActionView>, Problem> {
    let found = api.store.job(portal.marketplace(), &id, clock::now()).await?;
    let found = found.ok_or_else(|| Problem::not_found("action"))?;
    Ok(Json((&found).into()))
}

/// Do one action again, or now
///
/// An action that has ended runs again with its rule's settings as they are now; the rule's conditions are not checked. One
/// that took effect runs again only if `force` is set, and one that a newer fact decided otherwise never does. An action that
/// waits for its next attempt is tried now, as it was requested; a time that its app has named for the whole account still
/// holds. One that never started, or whose message is lost, is sent again. Held actions stay held.
#[utoipa::path(
    post, path = "/v1/actions/{job}/retry", tag = "actions",
    params(Force),
    responses(
        (status = 202, description = "It is on its queue; the action shows what comes of it"),
        (status = 409, description = "It took effect, is running, is held, is superseded, or its rule does something else now"),
    )
)]
async fn retry(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(job): Ids<JobId>,
    Params(Force { force }): Params<Force>,
) -> Result<StatusCode, Problem> {
    let asked = Retry { job, forced: force.unwrap_or(false), run: replays::run() };
    let retried = retry::retry(&api.store, &api.queues, editor.marketplace(), asked, clock::now()).await?;
    match retried {
        Retried::Sent | Retried::Hastened => Ok(StatusCode::ACCEPTED),
        Retried::TookEffect => {
            Err(Problem::conflict("The action took effect before: send force=true to do it a second time."))
        }
        Retried::LeftAlone(until) => Err(Problem::conflict(format!(
            "Calls to the app are paused until {until}, after 10 failures in a row. The action is tried again at its next attempt."
        ))),
        Retried::UnderWay => Err(Problem::conflict("The action is on its queue, or running.")),
        Retried::Held(why) => {
            let why = why.map(|why| format!(" {}", why.message)).unwrap_or_default();
            Err(Problem::conflict(format!(
                "The action is held, and goes on by itself once its integration is connected again or its app is resumed.{why}"
            )))
        }
    }
}

/// Cancel an action that waits
///
/// An action that waits for its next attempt, is rate limited or is held ends as `canceled`, without effect.
#[utoipa::path(
    post, path = "/v1/actions/{job}/cancel", tag = "actions",
    responses(
        (status = 200, body = ActionView),
        (status = 409, description = "It has ended, is running, or has not started"),
    )
)]
async fn cancel(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(job): Ids<JobId>,
) -> Result<Json<ActionView>, Problem> {
    let canceled = cancel::cancel(&api.store, editor.marketplace(), job, clock::now()).await?;
    Ok(Json((&canceled).into()))
}
