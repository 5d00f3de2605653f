//! The triggers that rules can have.

use axum::Json;
use operations::trigger_catalog;

use crate::auth::Portal;
use crate::page::Page;
use crate::routing::{Routes, routes};
use crate::views::triggers::TriggerView;

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(list))
}

/// List all triggers
///
/// Each trigger has its definition, the fields that conditions can compare, and the apps that offer it.
#[utoipa::path(
    get, path = "/v1/triggers", tag = "triggers",
    responses((status = 200, body = Page<TriggerView>))
)]
async fn list(_portal: Portal) -> Json<Page<TriggerView>> {
    Json(Page::whole(trigger_catalog::all().map(TriggerView::from)))
}
