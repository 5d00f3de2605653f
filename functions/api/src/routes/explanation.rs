//! The explanation of an event: why each rule did or did not fire.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::{EventId, RuleId};
use operations::log::explain;
use runtime::clock;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::Portal;
use crate::input::{Ids, Params};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::events::{VerdictView, verdicts};
use crate::views::explanation::{ExplanationView, SilentView};

/// Filters of the explanation.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Query {
    /// Explain only this rule.
    #[param(format = "rule-id", value_type = Option<String>)]
    rule: Option<RuleId>,
}

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(explain))
}

/// Explain why each rule did or did not fire for an event
///
/// A rule that was read has the verdict that was stored then, even if the rule was deleted since. Other rules are
/// judged now, by the same planner.
#[utoipa::path(
    get, path = "/v1/events/{event}/explanation", tag = "events",
    params(Query),
    responses((status = 200, body = ExplanationView))
)]
async fn explain(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<EventId>,
    Params(Query { rule }): Params<Query>,
) -> Result<Json<ExplanationView>, Problem> {
    let (m, now) = (portal.marketplace(), clock::now());
    let event = api.engine.log().event(m, &id, now).await?.ok_or_else(|| Problem::not_found("event", id))?;
    let rules = api.engine.rules().all(m, now).await?;
    let is_asked = |id: &RuleId| rule.as_ref().is_none_or(|rule| rule == id);
    let read: Vec<_> = verdicts(&event).into_iter().filter(|verdict| is_asked(&verdict.rule)).collect();
    if let Some(rule) = &rule
        && read.is_empty()
        && !rules.iter().any(|other| other.id == *rule)
    {
        let problem = Problem::not_found("rule", rule);
        return Err(
            problem.detail(format!("The rule `{rule}` does not exist, and the event has no verdict on it."))
        );
    }
    let explained = explain::explain(&event, rules, rule.as_ref(), &api.secret);
    let unread = explained
        .unread
        .iter()
        .flat_map(|unread| unread.verdicts.iter().map(|now| VerdictView::now(unread.trigger, now)));
    Ok(Json(ExplanationView {
        read,
        unread: unread.collect(),
        silent: explained.silent.iter().map(SilentView::from).collect(),
    }))
}
