//! The Configuration Log: changes of accounts, rules and actions, with their actors.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::{IntegrationId, MarketplaceId};
use domain::log::ConfigKind;
use jiff::Timestamp;
use operations::log::ConfigFilter;
use runtime::clock;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::{Operator, Portal};
use crate::input::bounds::Phrase;
use crate::input::{Both, Params};
use crate::openapi::words;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::configuration::ConfigView;

/// Filters of the Configuration Log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Return only entries about this kind of object.
    #[param(schema_with = words::config_kind, required = false)]
    kind: Option<ConfigKind>,
    /// Return only entries about the object with this id.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200)]
    id: Option<Phrase>,
    /// Return only entries of changes by this actor: an actor's id, `operator` or `engine`.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200)]
    actor: Option<Phrase>,
    /// Return only entries of this integration and of its rules.
    #[param(format = "integration-id", value_type = Option<String>)]
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
    fn from(Filter { kind, id, actor, integration, ok, from, to, q }: Filter) -> Self {
        let [id, actor, text] = [id, actor, q].map(|text| text.map(String::from));
        Self { kind, id, actor, integration, ok, from, to, text }
    }
}

/// The log to return.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Of {
    /// The marketplace's id. If absent, the log of changes that affect all marketplaces is returned.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._-]+$")]
    marketplace_id: Option<MarketplaceId>,
}

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(log)).routes(routes!(operator_log))
}

/// List the Configuration Log, newest first
///
/// The entries record changes of accounts and rules, failures of accounts, and imports, erasures, replays, retries and
/// cancellations. Each has the actor, and the changed parts before and after. Entries are kept after the object is
/// deleted. A page may be short or empty while more results follow. Continue until `next_cursor` is null.
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
    let page = api.engine.log().configuration(Some(m), &filter.into(), ask.wanted(), now).await?;
    Ok(Json(Page::of(&page)))
}

/// List a marketplace's Configuration Log, or the log of changes that affect all marketplaces
///
/// Without `marketplace_id`, the entries record when apps were paused and resumed.
#[utoipa::path(
    get, path = "/operator/configuration", tag = "operator", params(Of, Filter, PageQuery),
    responses((status = 200, body = Page<ConfigView>))
)]
async fn operator_log(
    _operator: Operator,
    State(api): State<Arc<Api>>,
    Params(Both(of, Both(filter, ask))): Params<Both<Of, Both<Filter, PageQuery>>>,
) -> Result<Json<Page<ConfigView>>, Problem> {
    let (m, now) = (of.marketplace_id.as_ref(), clock::now());
    let page = api.engine.log().configuration(m, &filter.into(), ask.wanted(), now).await?;
    Ok(Json(Page::of(&page)))
}
