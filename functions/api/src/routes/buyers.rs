//! A buyer's timeline, and the erasure of a buyer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::fact::Email;
use domain::id::BuyerKey;
use operations::buyers::TimeRange;
use runtime::clock;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::{Editor, Portal};
use crate::input::{Both, Params};
use crate::live::Seen;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::actions::ActionView;
use crate::views::buyers::{EntryView, ErasureView};

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

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(timeline)).routes(routes!(forget))
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
    seen: Seen,
    Params(Both(Buyer { email }, ask)): Params<Both<Buyer, PageQuery>>,
) -> Result<Response, Problem> {
    let (m, now) = (portal.marketplace(), clock::now());
    let buyer = BuyerKey::of_email(&api.secret, m, email.as_str());
    let page = api.engine.buyers().timeline(m, buyer, TimeRange::default(), ask.wanted(), now).await?;
    let named = async |mut page: Page<EntryView>| {
        let actions = page.items.iter_mut().filter_map(|entry| entry.action.as_mut());
        ActionView::name(&api, m, actions).await?;
        Ok(page)
    };
    seen.or_named(Page::of(&page), named).await
}

/// Erase a buyer's data
///
/// Erases facts, actions, ledger entries and reminders. Messages that still wait in a queue are neither performed nor
/// stored again. The first response is 202, because a fact that was just published may not be stored yet: repeat the
/// request after `Retry-After`, until `complete` is true. Data that was sent to apps stays there.
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
    let (m, now) = (editor.marketplace(), clock::now());
    let buyer = BuyerKey::of_email(&api.secret, m, email.as_str());
    let erasure = editor.engine(&api).buyers().erase(m, buyer, now).await?;
    let view = Json(ErasureView::from(&erasure));
    if erasure.complete {
        return Ok(view.into_response());
    }
    let wait = (erasure.settles_at.as_second() - now.as_second()).max(SOON);
    Ok((StatusCode::ACCEPTED, [(header::RETRY_AFTER, wait.to_string())], view).into_response())
}
