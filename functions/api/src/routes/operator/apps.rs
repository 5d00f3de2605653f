//! The health of each app for all merchants, and operations on it: pause, resume and redrive.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::app::App;
use domain::integration::Connection;
use domain::pause::{AppPause, Note};
use operations::BoundedCount;
use operations::fleet::{AppHealth, Depth, Standing};
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Count;
use super::redriven::{Batch, RedrivenView};
use crate::auth::Operator;
use crate::input::{Ids, Input, Params};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::Api;

/// The health of an app, for all merchants.
#[derive(Debug, Serialize, ToSchema)]
struct AppHealthView {
    /// The app's key.
    #[schema(example = "mailchimp")]
    app: String,
    /// The app's name.
    label: String,
    /// The number of accounts, of all merchants.
    integrations: Count,
    /// The number of accounts that need to be reconnected.
    needs_reconnect: Count,
    /// The operator's pause. Null if the app is not paused.
    paused: Option<PauseView>,
    /// The number of actions that wait for the pause to end.
    parked: Count,
    /// When the fact of the oldest of these actions occurred.
    #[schema(format = DateTime)]
    oldest_parked: Option<String>,
    /// The app's queue.
    queue: QueueView,
    /// The approximate number of messages in the app's dead-letter queue.
    #[schema(minimum = 0)]
    dead_letters: u64,
}

/// The approximate numbers of messages in a queue: SQS counts within a minute.
#[derive(Debug, Serialize, ToSchema)]
struct QueueView {
    /// The number of actions that wait.
    #[schema(minimum = 0)]
    waiting: u64,
    /// The number of actions that are in progress, or wait for a retry soon.
    #[schema(minimum = 0)]
    under_way: u64,
}

/// An operator's pause of an app for all merchants.
#[derive(Debug, Serialize, ToSchema)]
struct PauseView {
    /// The reason, which merchants see in their Action Log.
    note: String,
    /// When the pause began.
    #[schema(format = DateTime)]
    since: String,
}

/// A pause to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Pause {
    /// The reason, in one line. Merchants see it in their Action Log.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\s\u0000-\u001F\u007F-\u009F]([^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F])?$",
        example = "Kit's API does not respond; see status.kit.com"
    )]
    note: String,
}

/// The result of a resume.
#[derive(Debug, Serialize, ToSchema)]
struct ResumedView {
    /// Whether the app was paused.
    was_paused: bool,
}

/// An account that needs to be reconnected.
#[derive(Debug, Serialize, ToSchema)]
struct RefusedView {
    /// The account's marketplace.
    marketplace_id: String,
    /// The account's id.
    integration: String,
    /// The merchant's own name for the account.
    label: String,
    /// The time since which the app refuses the credentials.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// The app's message.
    reason: Option<String>,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
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

impl From<AppHealth> for AppHealthView {
    fn from(health: AppHealth) -> Self {
        let integrations: BoundedCount = [health.connected, health.needs_reconnect].into_iter().sum();
        Self {
            app: health.app.key().to_owned(),
            label: health.app.label().to_owned(),
            integrations: integrations.into(),
            needs_reconnect: health.needs_reconnect.into(),
            paused: health.paused.map(PauseView::from),
            parked: health.parked.into(),
            oldest_parked: health.oldest_parked.map(|at| at.to_string()),
            queue: health.queue.into(),
            dead_letters: health.dead_letters.waiting + health.dead_letters.under_way,
        }
    }
}

impl From<Depth> for QueueView {
    fn from(depth: Depth) -> Self {
        Self { waiting: depth.waiting, under_way: depth.under_way }
    }
}

impl From<AppPause> for PauseView {
    fn from(pause: AppPause) -> Self {
        Self { note: pause.note.into(), since: pause.since.to_string() }
    }
}

impl From<&Standing> for RefusedView {
    fn from(standing: &Standing) -> Self {
        let (since, reason) = match &standing.connection {
            // The account was reconnected while the list was read.
            Connection::Connected => (None, None),
            Connection::NeedsReconnect { since, reason } => {
                (Some(since.to_string()), Some(reason.message.clone()))
            }
        };
        Self {
            marketplace_id: standing.marketplace.to_string(),
            integration: standing.id.to_string(),
            label: standing.label.clone(),
            since,
            reason,
        }
    }
}
