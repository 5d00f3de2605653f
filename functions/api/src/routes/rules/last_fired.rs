//! The time at which a rule last fired.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::RuleId;
use runtime::clock;

use crate::auth::Portal;
use crate::input::Ids;
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::rules::last_fired::LastFiredView;

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(last_fired))
}

/// Retrieve when a rule last fired
///
/// Returns the newest action that the rule requested in its account, among the newest 2,000 or so actions of that
/// account.
#[utoipa::path(
    get, path = "/v1/rules/{rule}/last-fired", tag = "rules",
    responses((status = 200, body = LastFiredView))
)]
async fn last_fired(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<RuleId>,
) -> Result<Json<LastFiredView>, Problem> {
    let found = api.engine.rules().last_fired(portal.marketplace(), &id, clock::now()).await?;
    found.map(|found| Json(found.into())).ok_or_else(|| Problem::not_found("rule", &id))
}
