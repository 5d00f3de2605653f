//! The Configuration Log: changes of the connected accounts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::IntegrationId;
use domain::log::ConfigEntry;
use jiff::Timestamp;
use operations::logs::{self, ConfigFilter};
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::filters::Phrase;
use crate::auth::Portal;
use crate::input::{Both, Params};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::Api;

/// An entry of the Configuration Log.
#[derive(Debug, Serialize, ToSchema)]
struct ConfigView {
    /// When the change was made.
    #[schema(format = DateTime)]
    at: String,
    /// The account's id.
    integration: String,
    /// The account's app.
    app: String,
    /// The change that was made.
    action: String,
    /// Whether the change succeeded.
    ok: bool,
    /// The result, in words.
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

/// Filters of the Configuration Log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Return only entries of this integration.
    #[param(pattern = "^int_[A-Za-z0-9_]{1,60}$", value_type = Option<String>)]
    integration: Option<IntegrationId>,
    /// Return only entries of changes that succeeded (`true`) or that failed (`false`).
    ok: Option<bool>,
    /// Return only entries from this time or later.
    #[param(format = DateTime, value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Return only entries before this time.
    #[param(format = DateTime, value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Return only entries that contain this text in a field that is shown.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200)]
    q: Option<Phrase>,
}

impl From<Filter> for ConfigFilter {
    fn from(Filter { integration, ok, from, to, q }: Filter) -> Self {
        Self { integration, ok, from, to, text: q.map(String::from) }
    }
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(log))
}

/// List the Configuration Log, newest first
///
/// The entries record changes of connected accounts, and are kept after an account is deleted. A page may be short or
/// empty while more results follow. Continue until `next_cursor` is null.
#[utoipa::path(
    get, path = "/v1/configuration", tag = "configuration", params(Filter, PageQuery),
    responses((status = 200, body = Page<ConfigView>))
)]
async fn log(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Params(Both(filter, ask)): Params<Both<Filter, PageQuery>>,
) -> Result<Json<Page<ConfigView>>, Problem> {
    let (m, now) = (portal.marketplace(), clock::now());
    Ok(Json(Page::of(&logs::configuration(&api.store, m, &filter.into(), ask.wanted(), now).await?)))
}
