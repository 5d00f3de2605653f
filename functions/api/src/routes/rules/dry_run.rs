//! Dry runs: the actions that a rule would have requested for stored events.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use operations::rules::dry_run::dry_run;
use runtime::clock;

use super::draft::considered;
use crate::auth::Portal;
use crate::input::Input;
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::rules::body::FindingView;
use crate::views::rules::dry_run::{DryRunView, RuleTrial, view};

/// The default age of the oldest event that is read.
const USUAL_SPAN: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(try_out))
}

/// Try a rule on stored events
///
/// The rule is judged without the marketplace's other rules, and as if it were enabled. No action is sent.
#[utoipa::path(
    post, path = "/v1/rules/dry_run", tag = "rules", request_body = RuleTrial,
    responses(
        (status = 200, body = DryRunView),
        (status = 404, description = "Rule not found"),
    )
)]
async fn try_out(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Input(trial): Input<RuleTrial>,
) -> Result<Json<DryRunView>, Problem> {
    let (m, now) = (portal.marketplace(), clock::now());
    let limit = trial.limit.unwrap_or_default().get();
    let (rule, findings) = considered(&api, m, trial.id.as_ref(), trial.rule, now).await?;
    let since = trial.since.unwrap_or_else(|| now.saturating_sub(USUAL_SPAN).unwrap_or(now)).min(now);
    let events = api.engine.log().events_between(m, since, now, limit, now).await?;
    let run = dry_run(&rule, &events, &api.secret);
    Ok(Json(view(run, findings.iter().map(FindingView::from).collect())))
}
