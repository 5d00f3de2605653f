//! The app catalogue: the apps that can be connected, and what each one offers.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::app::App;
use domain::manifest::Catalog;
use runtime::clock;

use crate::auth::Portal;
use crate::input::Ids;
use crate::page::Page;
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::apps::{AppView, view};

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(list)).routes(routes!(show))
}

/// List the apps that can be connected, and those that are
#[utoipa::path(
    get, path = "/v1/apps", tag = "apps",
    responses((status = 200, body = Page<AppView>))
)]
async fn list(portal: Portal, State(api): State<Arc<Api>>) -> Result<Json<Page<AppView>>, Problem> {
    let connected = api.engine.integrations().all(portal.marketplace(), clock::now()).await?;
    let deployed: BTreeSet<_> = api.engine.apps().collect();
    let shown = Catalog::get().all().filter_map(|manifest| {
        let installed = connected.iter().filter(|integration| integration.app == manifest.app).count();
        (installed > 0 || deployed.contains(&manifest.app)).then(|| view(manifest, installed))
    });
    Ok(Json(Page::whole(shown)))
}

/// Retrieve an app
#[utoipa::path(
    get, path = "/v1/apps/{app}", tag = "apps",
    responses((status = 200, body = AppView))
)]
async fn show(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(app): Ids<App>,
) -> Result<Json<AppView>, Problem> {
    let manifest = Catalog::get().manifest(app).ok_or_else(|| Problem::not_found("app", app))?;
    let connected = api.engine.integrations().all(portal.marketplace(), clock::now()).await?;
    Ok(Json(view(manifest, connected.iter().filter(|integration| integration.app == app).count())))
}
