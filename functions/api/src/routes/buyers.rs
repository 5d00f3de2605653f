//! One buyer: everything that happened, and erasing it.

use std::sync::Arc;

use aws::store::Entry;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::erasure::Erasure;
use domain::fact::Email;
use operations::{erase, logs};
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

/// How long to wait before an erasure that is not complete is asked for again, where more is left to erase.
const SOON: i64 = 1;

/// Which buyer: an address may have characters that no path takes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Buyer {
    /// The buyer's address
    #[param(value_type = String, max_length = 320, pattern = "^[^@\\s\\x00-\\x1f\\x7f-\\xa0\\xad\\u034f\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufe00-\\ufe0f\\ufeff]+@[^@\\s\\x00-\\x1f\\x7f-\\xa0\\xad\\u034f\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufe00-\\ufe0f\\ufeff]+$")]
    email: Email,
}

/// One entry of a buyer's timeline: either of the two.
#[derive(Debug, Serialize, ToSchema)]
struct EntryView {
    /// Something that happened.
    event: Option<EventRow>,
    /// Something that was done because of it.
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

/// What was erased of a buyer, and whether that is all.
#[derive(Debug, Serialize, ToSchema)]
struct ErasureView {
    /// Whether nothing is left and nothing that was under way can come back. Otherwise ask again.
    complete: bool,
    /// Facts that occurred until then are erased, and not taken in again.
    #[schema(format = DateTime)]
    until: String,
    /// Facts with their verdicts.
    events: u64,
    /// Actions, with those that waited.
    actions: u64,
    /// The ledger's entries of what was done.
    claims: u64,
    /// Reminders of abandoned purchases.
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

/// Everything that happened to one buyer, newest first
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
    let page =
        logs::timeline(&api.store, portal.marketplace(), email.as_str(), ask.wanted(), clock::now()).await?;
    Ok(Json(Page::of(&page)))
}

/// Erase what is stored of one buyer
///
/// Facts, actions, entries of the ledger and reminders. What still waits in a queue is neither done nor stored again. Where
/// something was under way, or there was much to erase, it is answered with 202: ask again after `Retry-After`, until it is
/// complete. What the apps were told stays with the apps.
#[utoipa::path(
    delete, path = "/v1/buyers", tag = "buyers", params(Buyer),
    responses(
        (status = 200, body = ErasureView, description = "Nothing is left"),
        (status = 202, body = ErasureView, description = "Ask again", headers(("Retry-After" = i64, description = "Seconds"))),
    )
)]
async fn forget(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Params(Buyer { email }): Params<Buyer>,
) -> Result<Response, Problem> {
    let now = clock::now();
    let erasure = erase::erase(&api.store, &api.schedules, editor.marketplace(), email.as_str(), now).await?;
    let view = Json(ErasureView::from(&erasure));
    if erasure.complete {
        return Ok(view.into_response());
    }
    let wait = (erasure.settles_at.as_second() - now.as_second()).max(SOON);
    Ok((StatusCode::ACCEPTED, [(header::RETRY_AFTER, wait.to_string())], view).into_response())
}
