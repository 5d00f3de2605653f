//! A buyer's timeline, and the erasure of a buyer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::erasure::Erasure;
use domain::fact::Email;
use operations::buyers::{Entry, TimeRange};
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::actions::ActionView;
use super::events::EventRow;
use crate::auth::{Editor, Portal};
use crate::input::{Both, Params};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::Api;

/// The `Retry-After` in seconds if more is left to erase.
const SOON: i64 = 1;

/// The buyer, in the query: an address can have characters that are not valid in a path.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Buyer {
    /// The buyer's email address
    #[param(value_type = String, max_length = 320, pattern = "^[^@\\s\\x00-\\x1f\\x7f-\\xa0\\xad\\u034f\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufe00-\\ufe0f\\ufeff]+@[^@\\s\\x00-\\x1f\\x7f-\\xa0\\xad\\u034f\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufe00-\\ufe0f\\ufeff]+$")]
    email: Email,
}

/// An entry of a buyer's timeline: an event or an action.
#[derive(Debug, Serialize, ToSchema)]
struct EntryView {
    /// The event, if the entry is one.
    event: Option<EventRow>,
    /// The action, if the entry is one.
    action: Option<ActionView>,
}

impl From<&Entry> for EntryView {
    fn from(entry: &Entry) -> Self {
        match entry {
            Entry::Event(event) => Self { event: Some(event.as_ref().into()), action: None },
            Entry::Action(action) => Self { event: None, action: Some(action.as_ref().into()) },
        }
    }
}

/// The result of an erasure.
#[derive(Debug, Serialize, ToSchema)]
struct ErasureView {
    /// Whether the erasure is complete: nothing is left, and no process that runs can store data again. If false,
    /// repeat the request.
    complete: bool,
    /// Facts that occurred until this time are erased, and are not accepted again.
    #[schema(format = DateTime)]
    until: String,
    /// The number of erased events, with their verdicts.
    events: u64,
    /// The number of erased actions, including actions that waited.
    actions: u64,
    /// The number of erased ledger entries, which record actions that were performed.
    claims: u64,
    /// The number of erased reminders of abandoned purchases.
    timers: u64,
}

impl From<&Erasure> for ErasureView {
    fn from(erasure: &Erasure) -> Self {
        Self {
            complete: erasure.complete,
            until: erasure.at.to_string(),
            events: erasure.erased.events,
            actions: erasure.erased.actions,
            claims: erasure.erased.claims,
            timers: erasure.erased.timers,
        }
    }
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(timeline)).routes(routes!(forget))
}

/// List a buyer's events and actions, newest first
#[utoipa::path(
    get, path = "/v1/buyers/timeline", tag = "buyers",
    params(Buyer, PageQuery),
    responses((status = 200, body = Page<EntryView>))
)]
async fn timeline(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Params(Both(Buyer { email }, ask)): Params<Both<Buyer, PageQuery>>,
) -> Result<Json<Page<EntryView>>, Problem> {
    let m = portal.marketplace();
    let page = api
        .engine
        .buyers()
        .timeline(m, email.as_str(), TimeRange::default(), ask.wanted(), clock::now())
        .await?;
    Ok(Json(Page::of(&page)))
}

/// Erase a buyer's data
///
/// Erases facts, actions, ledger entries and reminders. Messages that still wait in a queue are neither performed nor
/// stored again. If a process is still running, or much is left to erase, the response is 202: repeat the request after
/// `Retry-After`, until `complete` is true. Data that was sent to apps stays there.
#[utoipa::path(
    delete, path = "/v1/buyers", tag = "buyers", params(Buyer),
    responses(
        (status = 200, body = ErasureView, description = "The erasure is complete"),
        (status = 202, body = ErasureView, description = "The erasure is not complete: repeat the request", headers(("Retry-After" = i64, description = "Seconds"))),
    )
)]
async fn forget(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Params(Buyer { email }): Params<Buyer>,
) -> Result<Response, Problem> {
    let now = clock::now();
    let erasure = editor.engine(&api).buyers().erase(editor.marketplace(), email.as_str(), now).await?;
    let view = Json(ErasureView::from(&erasure));
    if erasure.complete {
        return Ok(view.into_response());
    }
    let wait = (erasure.settles_at.as_second() - now.as_second()).max(SOON);
    Ok((StatusCode::ACCEPTED, [(header::RETRY_AFTER, wait.to_string())], view).into_response())
}
