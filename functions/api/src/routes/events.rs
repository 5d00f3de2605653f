//! The events: published facts, with the verdict of each rule and the actions.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::fact::FactKind;
use domain::id::EventId;
use domain::trigger::Trigger;
use operations::log::EventFilter;
use operations::log::unstarted::unstarted;
use runtime::clock;
use serde::Deserialize;
use utoipa::IntoParams;

use super::filters::Facts;
use crate::auth::Portal;
use crate::input::bounds::Phrase;
use crate::input::{Both, Ids, Params};
use crate::live::Seen;
use crate::openapi::words;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::actions::ActionView;
use crate::views::events::{EventRow, EventView, UnstartedView, verdicts};

/// Filters of the events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Query {
    /// Return only events of this kind of fact.
    #[param(schema_with = words::kind)]
    kind: Option<FactKind>,
    /// Return only events whose fact fires this trigger.
    #[param(schema_with = words::trigger)]
    trigger: Option<Trigger>,
    /// Return only events for which a rule fired (`true`), or only events for which none did (`false`). The latter are
    /// events whose verdicts are all others than `fired`, events without a rule for their triggers, and prospects whose
    /// timer runs. Tests of rules are neither.
    fired: Option<bool>,
    /// Return only events whose fact contains this text.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200)]
    q: Option<Phrase>,
}

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(list)).routes(routes!(show))
}

/// List events, newest first
///
/// A page may be short or empty while more results follow. Continue until `next_cursor` is null.
#[utoipa::path(
    get, path = "/v1/events", tag = "events", params(Query, Facts, PageQuery),
    responses((status = 200, body = Page<EventRow>))
)]
async fn list(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Params(Both(query, Both(facts, ask))): Params<Both<Query, Both<Facts, PageQuery>>>,
) -> Result<Json<Page<EventRow>>, Problem> {
    let m = portal.marketplace();
    let filter = EventFilter {
        kind: query.kind,
        trigger: query.trigger,
        fired: query.fired,
        text: query.q.map(String::from),
        ..facts.events(&api.secret, m)
    };
    let page = api.engine.log().events(m, &filter, ask.wanted(), clock::now()).await?;
    Ok(Json(Page::of(&page)))
}

/// Retrieve an event with its verdicts and actions
#[utoipa::path(
    get, path = "/v1/events/{event}", tag = "events",
    responses((status = 200, body = EventView))
)]
async fn show(
    portal: Portal,
    State(api): State<Arc<Api>>,
    seen: Seen,
    Ids(id): Ids<EventId>,
) -> Result<Response, Problem> {
    let (m, now) = (portal.marketplace(), clock::now());
    let (event, actions) = api.engine.log().event_with_actions(m, &id, now).await?;
    let event = event.ok_or_else(|| Problem::not_found("event", id))?;
    let view = EventView {
        notes: api.engine.log().notes(m, &event, now).await?,
        detail: serde_json::from_str(&event.detail).unwrap_or_default(),
        verdicts: verdicts(&event),
        actions: actions.iter().map(ActionView::from).collect(),
        not_started: unstarted(&event, &actions, now).iter().map(UnstartedView::from).collect(),
        event: (&event).into(),
    };
    let named = async |mut view: EventView| {
        ActionView::name(&api, m, &mut view.actions).await?;
        Ok(view)
    };
    seen.or_named(view, named).await
}
