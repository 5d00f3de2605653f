//! The time at which a rule last fired.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::RuleId;
use operations::rules::LastFired;
use runtime::clock;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Portal;
use crate::input::Ids;
use crate::openapi::words;
use crate::problem::Problem;
use crate::state::Api;

/// The newest action of a rule.
#[derive(Debug, Serialize, ToSchema)]
struct LastFiredView {
    /// When the fact that fired the rule occurred. Null if no action of the rule was found.
    #[schema(format = DateTime)]
    fired_at: Option<String>,
    /// The event of that fact.
    event: Option<String>,
    /// The newest action.
    action: Option<String>,
    /// The status of that action.
    #[schema(schema_with = words::status_or_null)]
    status: Option<&'static str>,
    /// Set if no action of the rule was found among the newest actions of the account, and the log has older actions:
    /// when the fact of the oldest action that was read occurred. The rule has not fired since then.
    #[schema(format = DateTime)]
    read_until: Option<String>,
}

impl From<LastFired> for LastFiredView {
    fn from(LastFired { action, read_until }: LastFired) -> Self {
        let action = action.as_ref();
        Self {
            fired_at: action.map(|action| action.occurred_at.to_string()),
            event: action.map(|action| action.id.event.to_string()),
            action: action.map(|action| action.id.to_string()),
            status: action.map(|action| action.status.key()),
            read_until: read_until.map(|at| at.to_string()),
        }
    }
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(last_fired))
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
    found.map(|found| Json(found.into())).ok_or_else(|| Problem::not_found("rule"))
}
