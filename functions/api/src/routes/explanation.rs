//! The explanation of an event: why each rule did or did not fire.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::{EventId, RuleId};
use domain::log::Timer;
use operations::firings::Silent;
use operations::log::explain::{self, SilentRule};
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::events::{VerdictView, verdicts};
use crate::auth::Portal;
use crate::input::{Ids, Params};
use crate::problem::Problem;
use crate::state::Api;

/// The explanation of an event: why each rule did or did not fire.
#[derive(Debug, Serialize, ToSchema)]
struct ExplanationView {
    /// The stored verdicts on rules that were read when the event was processed.
    read: Vec<VerdictView>,
    /// Rules without a stored verdict, judged now. They name other products, are newer than the event, are judged when
    /// a prospect's timer ends, or the event had no room for their verdict.
    unread: Vec<VerdictView>,
    /// Rules whose trigger the event does not fire.
    silent: Vec<SilentView>,
}

/// A rule whose trigger an event does not fire.
#[derive(Debug, Serialize, ToSchema)]
struct SilentView {
    /// The rule.
    rule: String,
    /// Its trigger.
    trigger: String,
    /// The reason.
    why: String,
}

impl From<&SilentRule> for SilentView {
    fn from(silent: &SilentRule) -> Self {
        let label = silent.trigger.label();
        let why = match &silent.why {
            Silent::Fact => format!("The fact does not fire {label}."),
            Silent::Timer(None) => format!("{label} needs a timer, and the event has none."),
            Silent::Timer(Some(Timer::Waiting { fires_at, .. })) => {
                format!("{label} fires at {fires_at} unless the product is bought.")
            }
            Silent::Timer(Some(Timer::Joined { event, .. })) => {
                format!("{label} waits for an earlier prospect of the same buyer and product, {event}.")
            }
            Silent::Timer(Some(Timer::Fired { at })) => format!("{label} has fired at {at}."),
            Silent::Timer(Some(Timer::Bought { event })) => {
                format!("{label} does not fire: the product was bought before the timer ended, in {event}.")
            }
            Silent::Unreadable => "The stored fact can no longer be read.".to_owned(),
        };
        Self { rule: silent.rule.to_string(), trigger: silent.trigger.key().to_owned(), why }
    }
}

/// Filters of the explanation.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Query {
    /// Explain only this rule.
    #[param(pattern = "^rul_[A-Za-z0-9_]{1,60}$", value_type = Option<String>)]
    rule: Option<RuleId>,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(explain))
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
    let event = api.engine.log().event(m, &id, now).await?.ok_or_else(|| Problem::not_found("event"))?;
    let rules = api.engine.rules().all(m, now).await?;
    let is_asked = |id: &str| rule.as_ref().is_none_or(|rule| rule.as_str() == id);
    let read: Vec<_> = verdicts(&event).into_iter().filter(|verdict| is_asked(&verdict.rule)).collect();
    if rule.is_some() && read.is_empty() && !rules.iter().any(|rule| is_asked(rule.id.as_str())) {
        return Err(Problem::not_found("rule, and the event has no verdict on it"));
    }
    let explained = explain::explain(&event, rules, rule.as_ref());
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
