//! The Configuration Log: what happened to the connected accounts.

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

/// Which entries are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those of that account.
    #[param(pattern = "^int_[A-Za-z0-9_]{1,60}$", value_type = Option<String>)]
    integration: Option<IntegrationId>,
    /// Only those that went well, or only those that did not.
    ok: Option<bool>,
    /// Only those from this time on.
    #[param(format = DateTime, value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Only those before this time.
    #[param(format = DateTime, value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Only those with this text in what is shown of them.
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

/// The Configuration Log, newest first
///
/// What happened to the connected accounts; an account's entries outlast it. A page may hold fewer than asked for, or none,
/// although more follow: `next_cursor` says whether.
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
