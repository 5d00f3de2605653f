//! The Action Log: actions with their results, retries and cancellations.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::app::App;
use domain::id::{IntegrationId, JobId, RuleId};
use domain::trigger::Trigger;
use jiff::Timestamp;
use operations::actions::{Retried, Retry};
use operations::log::ActionFilter;
use runtime::clock;
use serde::Deserialize;
use utoipa::IntoParams;

use super::filters::{Facts, Statuses};
use crate::auth::{Editor, Portal};
use crate::input::bounds::Phrase;
use crate::input::{Both, Ids, Params};
use crate::live::Seen;
use crate::openapi::words;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::actions::ActionView;

/// Filters of the Action Log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// Return only actions of this integration.
    #[param(format = "integration-id", value_type = Option<String>)]
    integration: Option<IntegrationId>,
    /// Return only actions that this rule requested.
    #[param(format = "rule-id", value_type = Option<String>)]
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
    /// Return only tests of rules (`true`), or only actions that are not tests (`false`).
    test: Option<bool>,
    /// Return only actions that contain this text in a field that is shown.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200)]
    q: Option<Phrase>,
    /// Return only actions that changed at this time or later. The order of the list is still that of the facts.
    #[param(format = DateTime, value_type = Option<String>)]
    updated_since: Option<Timestamp>,
}

impl Query {
    pub(super) fn filter(self, facts: ActionFilter) -> ActionFilter {
        ActionFilter {
            integration: self.integration,
            rule: self.rule,
            statuses: self.status.unwrap_or_default().0,
            trigger: self.trigger,
            app: self.app,
            test: self.test,
            updated_since: self.updated_since,
            text: self.q.map(String::from),
            ..facts
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

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(retry)).routes(routes!(cancel))
}

/// List the Action Log, newest fact first
///
/// A page may be short or empty while more results follow. Continue until `next_cursor` is null. The ETag does not cover
/// the names of rules and accounts: a new name is in the next response with a change.
#[utoipa::path(
    get, path = "/v1/actions", tag = "actions", params(Query, Facts, PageQuery),
    responses((status = 200, body = Page<ActionView>))
)]
async fn list(
    portal: Portal,
    State(api): State<Arc<Api>>,
    seen: Seen,
    Params(Both(query, Both(facts, ask))): Params<Both<Query, Both<Facts, PageQuery>>>,
) -> Result<Response, Problem> {
    let m = portal.marketplace();
    let filter = query.filter(facts.actions(&api.secret, m));
    let page = api.engine.log().actions(m, &filter, ask.wanted(), clock::now()).await?;
    let named = async |mut page: Page<ActionView>| {
        ActionView::name(&api, m, &mut page.items).await?;
        Ok(page)
    };
    seen.or_named(Page::of(&page), named).await
}

/// Retrieve an action with every attempt
#[utoipa::path(
    get, path = "/v1/actions/{job}", tag = "actions",
    responses((status = 200, body = ActionView))
)]
async fn show(
    portal: Portal,
    State(api): State<Arc<Api>>,
    seen: Seen,
    Ids(id): Ids<JobId>,
) -> Result<Response, Problem> {
    let m = portal.marketplace();
    let found = api.engine.log().action(m, &id, clock::now()).await?;
    let found = found.ok_or_else(|| Problem::not_found("action", id))?;
    let named = async |mut action: ActionView| {
        ActionView::name(&api, m, [&mut action]).await?;
        Ok(action)
    };
    seen.or_named((&found).into(), named).await
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
    let asked = Retry { job, forced: force.unwrap_or(false), run: operations::replays::run() };
    let (engine, m) = (editor.engine(&api), editor.marketplace());
    let retried = engine.actions().retry(&api.secret, m, asked, clock::now()).await?;
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
