//! The portal session of the caller.

use serde::Serialize;
use utoipa::ToSchema;

use crate::views::sessions::{ActorView, PermissionView};

/// The portal session of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnSession {
    /// The session's id.
    pub(crate) session: String,
    /// The marketplace whose data the session can access.
    pub(crate) marketplace_id: String,
    /// The permission of the session.
    pub(crate) permission: PermissionView,
    /// The person who uses the session, if the platform has set one.
    pub(crate) actor: Option<ActorView>,
    /// The only web origin that the token is accepted from. Null: any.
    pub(crate) origin: Option<String>,
    /// When the token expires.
    #[schema(format = DateTime)]
    pub(crate) expires_at: String,
    /// The limits of the marketplace and its sessions.
    pub(crate) limits: LimitsView,
}

/// The limits of a marketplace and its sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LimitsView {
    /// The maximum number of requests of a session per minute.
    pub(crate) requests_per_minute: u32,
    /// The maximum number of connected accounts.
    pub(crate) accounts: usize,
    /// The maximum number of rules.
    pub(crate) rules: usize,
    /// The maximum number of products that a rule can name.
    pub(crate) products_per_rule: usize,
    /// The maximum number of rules in a bulk change.
    pub(crate) rules_in_bulk: usize,
    /// The maximum number of results on a page.
    pub(crate) page: usize,
    /// The maximum size of a request body in bytes.
    pub(crate) body_bytes: usize,
}
