//! Replays: sending the actions of stored events again, of one event or of all events that match a filter.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::EventId;
use domain::page::Wanted;
use operations::ListError;
use operations::log::EventFilter;
use runtime::clock;

use super::filters::Facts;
use crate::auth::Editor;
use crate::input::{Ids, Input};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::replays::{ReplayMany, ReplayOne, ReplayView};

/// The maximum number of events that one request reads.
const MOST_EVENTS: usize = 200;

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(replay_one)).routes(routes!(replay_many))
}

/// Replay the actions of an event
///
/// Actions that already succeeded are skipped unless `force` is set. Superseded actions are never sent.
#[utoipa::path(
    post, path = "/v1/events/{event}/replay", tag = "events",
    request_body = ReplayOne,
    responses((status = 200, body = ReplayView))
)]
async fn replay_one(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<EventId>,
    Input(asked): Input<ReplayOne>,
) -> Result<Json<ReplayView>, Problem> {
    let (m, now) = (editor.marketplace(), clock::now());
    if api.engine.log().event(m, &id, now).await?.is_none() {
        return Err(Problem::not_found("event", id));
    }
    let dry = asked.dry;
    let engine = editor.engine(&api);
    let replay = engine.replays().prepare(&api.secret, m, &[id], &asked.into(), now).await?;
    if !dry {
        engine.replays().send(m, &replay, now).await?;
    }
    Ok(Json(ReplayView::of(&replay, 1, dry, None)))
}

/// Replay the actions of many events
///
/// A request reads up to 200 events, the newest first. Continue with `next_cursor` as `cursor` until it is null. With
/// `dry`, nothing is sent, and the response has the actions that would be sent.
#[utoipa::path(
    post, path = "/v1/replays", tag = "events", request_body = ReplayMany,
    responses((status = 200, body = ReplayView))
)]
async fn replay_many(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Input(asked): Input<ReplayMany>,
) -> Result<Json<ReplayView>, Problem> {
    let (m, now) = (editor.marketplace(), clock::now());
    let ReplayMany { from, to, kind, email, order_id, trigger, rule, status, rules, force, dry, cursor } =
        asked;
    let filter = EventFilter { kind, trigger, ..Facts { from, to, email, order_id }.events(&api.secret, m) };
    let request = ReplayOne { trigger, rule, status, rules, force, dry }.into();
    let wanted = Wanted { cursor: cursor.as_deref(), limit: MOST_EVENTS };
    let engine = editor.engine(&api);
    let prepared = engine.replays().prepare_page(&api.secret, m, &filter, &request, wanted, now).await;
    let prepared = prepared.map_err(|error| match error {
        // In this request, the cursor is a field of the body.
        ListError::Cursor(invalid) => Problem::from(invalid).under("/"),
        error @ ListError::Store(_) => error.into(),
    })?;
    if !dry {
        engine.replays().send(m, &prepared.replay, now).await?;
    }
    Ok(Json(ReplayView::of(&prepared.replay, prepared.looked_at, dry, prepared.next_cursor)))
}
