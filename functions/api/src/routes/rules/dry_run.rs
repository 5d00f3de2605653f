//! Dry runs: the actions that a rule would have requested for stored events.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::RuleId;
use jiff::{SignedDuration, Timestamp};
use operations::rules::dry_run::{Cause, DryRun, Failed, Preview, dry_run};
use operations::rules::{Judged, RuleError};
use runtime::clock;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{FindingView, RuleBody};
use crate::auth::Portal;
use crate::input::{Input, Limit};
use crate::problem::Problem;
use crate::state::Api;

/// The default age of the oldest event that is read.
const USUAL_SPAN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The rule to try, stored or not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RuleTrial {
    /// The id of a stored rule, which is tried itself or, if `rule` is set, would be replaced by it.
    #[schema(value_type = Option<String>, pattern = "^rul_[A-Za-z0-9_]{1,60}$")]
    id: Option<RuleId>,
    /// The definition of a rule to try.
    rule: Option<RuleBody>,
    /// Read only events that occurred at this time or later. Default: seven days ago.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// The maximum number of events to read, newest first.
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 500, default = 200)]
    limit: Option<Limit<200, 500>>,
}

/// The result of a dry run.
#[derive(Debug, Serialize, ToSchema)]
struct DryRunView {
    /// The number of events that were read.
    events: usize,
    /// The number of events that fire the rule's trigger.
    concerned: usize,
    /// The number of times that the rule would have fired: once per order line, or once per order.
    fired: usize,
    /// The number of actions that would have been sent.
    actions: usize,
    /// The number of buyers with such actions.
    buyers: usize,
    /// The reasons why the rule would not have fired.
    failed: Vec<DryRunFailedView>,
    /// The first actions that would have been sent.
    previews: Vec<DryRunPreviewView>,
    /// The findings of the rule's validation.
    findings: Vec<FindingView>,
}

/// A reason why the rule would not have fired, with its number of occurrences.
#[derive(Debug, Serialize, ToSchema)]
struct DryRunFailedView {
    /// `other_products`, `condition`, `duplicate`, `superseded`, `not_offered` or `disabled`.
    reason: &'static str,
    /// The condition's number, counted from 1.
    condition: Option<usize>,
    /// The number of occurrences.
    count: usize,
    /// The newest event with this reason.
    event: String,
    /// The verdict on the rule for that event.
    #[schema(value_type = Object)]
    verdict: Value,
}

/// An action that would have been sent.
#[derive(Debug, Serialize, ToSchema)]
struct DryRunPreviewView {
    /// The event that leads to the action.
    event: String,
    /// The order line, if the trigger fires per line.
    line: Option<String>,
    /// The settings that the action would be sent with.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// The contact's address, masked.
    contact: String,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(try_out))
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
    let (rule, findings) = match (trial.rule, &trial.id) {
        (Some(body), id) => {
            let input = body.input().map_err(|problem| problem.under("/rule"))?;
            let judged = api.engine.rules().consider(m, id.as_ref(), input, now).await?;
            let Judged { rule: Some(rule), findings } = judged else {
                return Err(Problem::from(RuleError::Invalid(judged.findings)).under("/rule"));
            };
            (rule, findings)
        }
        (None, Some(id)) => {
            let rule =
                api.engine.rules().get(m, id, now).await?.ok_or_else(|| Problem::not_found("rule"))?.rule;
            let findings = api.engine.rules().lint(&rule, now).await?;
            (rule, findings)
        }
        (None, None) => {
            return Err(Problem::invalid("/rule", "Set `rule`, or the `id` of a stored rule."));
        }
    };
    let since = trial.since.unwrap_or_else(|| now.saturating_sub(USUAL_SPAN).unwrap_or(now)).min(now);
    let events = api.engine.log().events_between(m, since, now, limit, now).await?;
    Ok(Json(view(dry_run(&rule, &events), findings.iter().map(FindingView::from).collect())))
}

fn view(run: DryRun, findings: Vec<FindingView>) -> DryRunView {
    DryRunView {
        events: run.events,
        concerned: run.concerned,
        fired: run.fired,
        actions: run.jobs,
        buyers: run.buyers,
        failed: run.failed.into_iter().map(failed).collect(),
        previews: run.previews.into_iter().map(preview).collect(),
        findings,
    }
}

fn failed((cause, failed): (Cause, Failed)) -> DryRunFailedView {
    let (reason, condition) = match cause {
        Cause::OtherProducts => ("other_products", None),
        Cause::Condition(number) => ("condition", Some(number)),
        Cause::Duplicate => ("duplicate", None),
        Cause::Superseded => ("superseded", None),
        Cause::NotOffered => ("not_offered", None),
        Cause::Disabled => ("disabled", None),
    };
    DryRunFailedView {
        reason,
        condition,
        count: failed.count,
        event: failed.event.to_string(),
        verdict: serde_json::to_value(&failed.example.verdict).unwrap_or_default(),
    }
}

fn preview(preview: Preview) -> DryRunPreviewView {
    DryRunPreviewView {
        event: preview.event.to_string(),
        line: preview.line,
        settings: preview.settings.0,
        contact: preview.contact,
    }
}
