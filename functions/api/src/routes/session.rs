//! The portal session of the caller.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::rule::{MOST_PRODUCTS, MOST_RULES};
use domain::session::Permission;
use operations::integrations::MOST_ACCOUNTS;
use operations::rules::MOST_IN_BULK;

use crate::auth::Portal;
use crate::input::bounds::LARGEST_BODY;
use crate::page::MOST_ON_A_PAGE;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::session::{LimitsView, OwnSession};
use crate::views::sessions::{ActorView, PermissionView};

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(show))
}

/// Retrieve the portal session of the caller
#[utoipa::path(
    get, path = "/v1/session", tag = "sessions",
    responses((status = 200, body = OwnSession))
)]
async fn show(portal: Portal, State(api): State<Arc<Api>>) -> Json<OwnSession> {
    Json(OwnSession {
        session: portal.session().to_string(),
        marketplace_id: portal.marketplace().to_string(),
        permission: match portal.permission() {
            Permission::Read => PermissionView::Read,
            Permission::Write => PermissionView::Write,
        },
        actor: portal.actor().cloned().map(ActorView::from),
        origin: portal.origin().map(str::to_owned),
        expires_at: portal.expires_at().to_string(),
        limits: LimitsView {
            requests_per_minute: api.calls_per_minute,
            accounts: MOST_ACCOUNTS,
            rules: MOST_RULES,
            products_per_rule: MOST_PRODUCTS,
            rules_in_bulk: MOST_IN_BULK,
            page: MOST_ON_A_PAGE,
            body_bytes: LARGEST_BODY,
        },
    })
}
