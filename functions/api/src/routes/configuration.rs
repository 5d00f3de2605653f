//! The Configuration Log: what happened to a connected account.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::IntegrationId;
use domain::log::ConfigEntry;
use operations::logs;
use runtime::clock;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Portal;
use crate::input::{Ids, Params};
use crate::page::{Ask, Page};
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

impl From<&ConfigEntry> for ConfigView {
    fn from(entry: &ConfigEntry) -> Self {
        Self {
            at: entry.at.to_string(),
            integration: entry.integration.to_string(),
            app: entry.app.key().to_owned(),
            action: entry.action.clone(),
            ok: entry.ok,
            message: entry.message.clone(),
        }
    }
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(log))
}

/// The Configuration Log of an account, newest first
///
/// It outlasts the account.
#[utoipa::path(
    get, path = "/v1/integrations/{integration}/log", tag = "integrations",
    params(Ask),
    responses((status = 200, body = Page<ConfigView>))
)]
async fn log(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
    Params(ask): Params<Ask>,
) -> Result<Json<Page<ConfigView>>, Problem> {
    let (m, now) = (portal.marketplace(), clock::now());
    let page = logs::configuration(&api.store, m, &id, ask.wanted(), now).await?;
    if page.items.is_empty() && api.store.integration(m, &id, now).await?.is_none() {
        return Err(Problem::not_found("integration"));
    }
    Ok(Json(Page::of(&page)))
}
