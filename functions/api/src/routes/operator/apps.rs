//! The health of each app for all merchants, and operations on it: pause, resume and redrive.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::app::App;
use domain::pause::Note;
use runtime::clock;

use crate::auth::Operator;
use crate::input::{Ids, Input, Params};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::operator::apps::{AppHealthView, Pause, PauseView, RefusedView, ResumedView};
use crate::views::operator::redriven::{Batch, RedrivenView};

pub(super) fn routes<R: Routes>() -> R {
    R::new()
        .routes(routes!(apps))
        .routes(routes!(app))
        .routes(routes!(needs_reconnect))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(redrive_jobs))
}

/// List apps with their health
#[utoipa::path(
    get, path = "/operator/apps", tag = "operator",
    responses((status = 200, body = Page<AppHealthView>))
)]
async fn apps(
    _operator: Operator,
    State(api): State<Arc<Api>>,
) -> Result<Json<Page<AppHealthView>>, Problem> {
    let apps = api.engine.fleet().apps().await?;
    Ok(Json(Page::whole(apps.into_iter().map(AppHealthView::from))))
}

/// Retrieve an app with its health
#[utoipa::path(
    get, path = "/operator/apps/{app}", tag = "operator",
    responses((status = 200, body = AppHealthView))
)]
async fn app(
    _operator: Operator,
    State(api): State<Arc<Api>>,
    Ids(app): Ids<App>,
) -> Result<Json<AppHealthView>, Problem> {
    Ok(Json(api.engine.fleet().app(app).await?.into()))
}

/// List an app's accounts that need to be reconnected, of all merchants, longest first
#[utoipa::path(
    get, path = "/operator/apps/{app}/needs-reconnect", tag = "operator",
    params(PageQuery),
    responses((status = 200, body = Page<RefusedView>))
)]
async fn needs_reconnect(
    _operator: Operator,
    State(api): State<Arc<Api>>,
    Ids(app): Ids<App>,
    Params(ask): Params<PageQuery>,
) -> Result<Json<Page<RefusedView>>, Problem> {
    Ok(Json(Page::of(&api.engine.fleet().refused_accounts(app, ask.wanted()).await?)))
}

/// Pause an app for all merchants: its actions wait without using attempts
#[utoipa::path(
    post, path = "/operator/apps/{app}/pause", tag = "operator",
    request_body = Pause,
    responses((status = 200, body = PauseView))
)]
async fn pause(
    operator: Operator,
    State(api): State<Arc<Api>>,
    Ids(app): Ids<App>,
    Input(pause): Input<Pause>,
) -> Result<Json<PauseView>, Problem> {
    let note = Note::new(&pause.note).map_err(|error| Problem::invalid("/note", error.to_string()))?;
    let pause = api.as_operator().fleet().pause(app, &note, clock::now()).await?;
    tracing::warn!(operator = operator.arn, %app, "the app is paused for all merchants");
    Ok(Json(pause.into()))
}

/// Resume a paused app; its actions continue within about a minute
#[utoipa::path(
    post, path = "/operator/apps/{app}/resume", tag = "operator",
    responses((status = 200, body = ResumedView))
)]
async fn resume(
    operator: Operator,
    State(api): State<Arc<Api>>,
    Ids(app): Ids<App>,
) -> Result<Json<ResumedView>, Problem> {
    let was_paused = api.as_operator().fleet().resume(app, clock::now()).await?;
    tracing::warn!(operator = operator.arn, %app, was_paused, "the app is resumed for all merchants");
    Ok(Json(ResumedView { was_paused }))
}

/// Redrive the app's dead letters to its queue, a batch per request
#[utoipa::path(
    post, path = "/operator/apps/{app}/redrive", tag = "operator",
    request_body = Batch,
    responses((status = 200, body = RedrivenView))
)]
async fn redrive_jobs(
    operator: Operator,
    State(api): State<Arc<Api>>,
    Ids(app): Ids<App>,
    Input(batch): Input<Batch>,
) -> Result<Json<RedrivenView>, Problem> {
    let most = batch.most();
    let done = api.engine.fleet().redrive(app, most, None).await?;
    tracing::info!(operator = operator.arn, %app, moved = done.moved, "dead letters are redriven");
    Ok(Json(RedrivenView::new(done, most)))
}
