//! The portal session of the caller.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::rule::{MOST_PRODUCTS, MOST_RULES};
use domain::session::Permission;
use operations::integrations::MOST_ACCOUNTS;
use operations::rules::MOST_IN_BULK;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Portal;
use crate::input::bounds::LARGEST_BODY;
use crate::page::MOST_ON_A_PAGE;
use crate::state::Api;
use crate::views::sessions::{ActorView, PermissionView};

/// The portal session of the caller.
#[derive(Debug, Serialize, ToSchema)]
struct OwnSession {
    /// The session's id.
    session: String,
    /// The marketplace whose data the session can access.
    marketplace_id: String,
    /// The permission of the session.
    permission: PermissionView,
    /// The person who uses the session, if the platform has set one.
    actor: Option<ActorView>,
    /// The only web origin that the token is accepted from. Null: any.
    origin: Option<String>,
    /// When the token expires.
    #[schema(format = DateTime)]
    expires_at: String,
    /// The limits of the marketplace and its sessions.
    limits: LimitsView,
}

/// The limits of a marketplace and its sessions.
#[derive(Debug, Serialize, ToSchema)]
struct LimitsView {
    /// The maximum number of requests of a session per minute.
    requests_per_minute: u32,
    /// The maximum number of connected accounts.
    accounts: usize,
    /// The maximum number of rules.
    rules: usize,
    /// The maximum number of products that a rule can name.
    products_per_rule: usize,
    /// The maximum number of rules in a bulk change.
    rules_in_bulk: usize,
    /// The maximum number of results on a page.
    page: usize,
    /// The maximum size of a request body in bytes.
    body_bytes: usize,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(show))
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
