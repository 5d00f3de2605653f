//! Bulk changes of rules.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use operations::rules::BulkChange;
use runtime::clock;

use crate::auth::Editor;
use crate::idempotency::{self, IdempotencyKey};
use crate::input::Input;
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::rules::bulk::{BulkBody, BulkChangeView, BulkResult, BulkView};

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(bulk))
}

/// Enable, disable, delete or duplicate many rules
///
/// Each rule is changed separately if its version still is `etag`, so some changes can succeed while others fail:
/// `results` has the status of each. Send an `Idempotency-Key` with `duplicate`, so that a repeated request creates no
/// second copies.
#[utoipa::path(
    post, path = "/v1/rules/bulk", tag = "rules", request_body = BulkBody,
    params(IdempotencyKey),
    responses((status = 200, body = BulkView))
)]
async fn bulk(
    editor: Editor,
    State(api): State<Arc<Api>>,
    key: IdempotencyKey,
    Input(body): Input<BulkBody>,
) -> Result<Response, Problem> {
    let change = match body.change {
        BulkChangeView::Enable => BulkChange::Enable,
        BulkChangeView::Disable => BulkChange::Disable,
        BulkChangeView::Delete => BulkChange::Delete,
        BulkChangeView::Duplicate => BulkChange::Duplicate,
    };
    let items = body.items()?;
    let make = async {
        let done =
            editor.engine(&api).rules().bulk(editor.marketplace(), change, &items, clock::now()).await?;
        let results = items.iter().zip(done).map(|(item, done)| BulkResult::of(&item.rule, done)).collect();
        Ok(Json(BulkView { results }).into_response())
    };
    Box::pin(idempotency::create(&api, &editor, key, &body, make)).await
}
