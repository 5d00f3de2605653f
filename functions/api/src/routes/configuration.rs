//! The Configuration Log: what happened to a connected account.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::IntegrationId;
use domain::log::ConfigEntry;
use operations::logs;
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::asked;
use crate::auth::Portal;
use crate::input::{Ids, Params};
use crate::page::Page;
use crate::problem::Problem;
use crate::state::Api;

/// One entry of the Configuration Log.
#[derive(Debug, Serialize, ToSchema)]
struct ConfigView {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The account.
    integration: String,
    /// Its app.
    app: String,
    /// What was done.
    action: String,
    /// Whether it went well.
    ok: bool,
    /// What came of it.
    message: String,
}

impl From<ConfigEntry> for ConfigView {
    fn from(entry: ConfigEntry) -> Self {
        Self {
            at: entry.at.to_string(),
            integration: entry.integration.to_string(),
            app: entry.app.key().to_owned(),
            action: entry.action,
            ok: entry.ok,
            message: entry.message,
        }
    }
}

/// Which page of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// The most that the page may hold.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before; the newest where absent.
    #[param(min_length = 1, max_length = 1024)]
    cursor: Option<String>,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(log))
}

/// The Configuration Log of an account, newest first
///
/// It outlasts the account.
#[utoipa::path(
    get, path = "/v1/integrations/{integration}/log", tag = "integrations",
    params(("integration" = String, Path), Query),
    responses(
        (status = 200, body = Page<ConfigView>),
    )
)]
async fn log(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
    Params(query): Params<Query>,
) -> Result<Json<Page<ConfigView>>, Problem> {
    let (m, now) = (portal.marketplace(), clock::now());
    let wanted = asked::page(query.limit, query.cursor.as_deref())?;
    let page = logs::configuration(&api.store, m, &id, wanted, now).await?;
    if page.items.is_empty() && api.store.integration(m, &id, now).await?.is_none() {
        return Err(Problem::not_found("integration"));
    }
    Ok(Json(asked::shown(page, ConfigView::from)))
}
