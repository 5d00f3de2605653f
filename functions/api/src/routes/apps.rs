//! The app catalogue: the apps that can be connected, and what each one offers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::app::App;
use domain::manifest::{Catalog, Manifest};
use runtime::clock;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Portal;
use crate::input::Ids;
use crate::page::Page;
use crate::problem::Problem;
use crate::state::Api;

/// An app of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
struct AppView {
    /// The app's key.
    #[schema(example = "mailchimp")]
    app: String,
    /// The name that a merchant reads.
    label: String,
    /// A description of one sentence.
    description: String,
    /// The number of accounts of this app that the marketplace has connected.
    installed: usize,
    /// The app's manifest: connection methods, actions with their settings, triggers and option lists.
    #[schema(value_type = Object)]
    manifest: Value,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// List all apps, connected or not
#[utoipa::path(
    get, path = "/v1/apps", tag = "apps",
    responses((status = 200, body = Page<AppView>))
)]
async fn list(portal: Portal, State(api): State<Arc<Api>>) -> Result<Json<Page<AppView>>, Problem> {
    let connected = api.engine.integrations().all(portal.marketplace(), clock::now()).await?;
    let view = |manifest| {
        view(manifest, connected.iter().filter(|integration| integration.app == manifest.app).count())
    };
    Ok(Json(Page::whole(Catalog::built_in().all().iter().map(view))))
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
    let manifest = Catalog::built_in().manifest(app).ok_or_else(|| Problem::not_found("app"))?;
    let connected = api.engine.integrations().all(portal.marketplace(), clock::now()).await?;
    Ok(Json(view(manifest, connected.iter().filter(|integration| integration.app == app).count())))
}

fn view(manifest: &Manifest, installed: usize) -> AppView {
    AppView {
        app: manifest.app.key().to_owned(),
        label: manifest.label.clone(),
        description: manifest.description.clone(),
        installed,
        manifest: serde_json::to_value(manifest).unwrap_or_default(),
    }
}
