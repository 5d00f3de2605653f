//! Marketplaces with their health, and their portal sessions.

use domain::id::{MarketplaceId, SessionId};
use domain::session::{Permission, Session};
use operations::BoundedCount;
use operations::fleet::{AccountHealth, MarketplaceHealth};
use serde::Serialize;
use utoipa::ToSchema;

use crate::views::count::Count;
use crate::views::integrations::IntegrationView;
use crate::views::sessions::{ActorView, PermissionView};

/// The health of a marketplace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MarketplaceView {
    /// The marketplace's id.
    #[schema(value_type = String)]
    pub(crate) marketplace_id: MarketplaceId,
    /// The number of connected accounts.
    #[schema(minimum = 0)]
    pub(crate) integrations: usize,
    /// The number of accounts that need to be reconnected.
    #[schema(minimum = 0)]
    pub(crate) needs_reconnect: usize,
    /// The number of accounts whose app fails.
    #[schema(minimum = 0)]
    pub(crate) failing: usize,
    /// The number of actions that are held until their account is reconnected.
    pub(crate) held: Count,
}

/// The health of a marketplace, with its accounts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MarketplaceDetailView {
    /// The totals of the marketplace.
    pub(crate) health: MarketplaceView,
    /// The accounts of the marketplace.
    pub(crate) accounts: Vec<AccountView>,
}

/// The health of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountView {
    /// The account. Its credentials are never shown.
    pub(crate) integration: IntegrationView,
    /// The number of calls that have failed in a row.
    #[schema(minimum = 0)]
    pub(crate) failures: u32,
    /// The number of actions that are held until the account is reconnected.
    pub(crate) held: Count,
}

/// A portal session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    /// The session's id.
    #[schema(value_type = String)]
    pub(crate) session: SessionId,
    /// The permission of the session.
    pub(crate) permission: PermissionView,
    /// The web origin of the portal's page. Null if any origin is accepted.
    pub(crate) origin: Option<String>,
    /// The person who uses the session. Null if the session has no actor.
    pub(crate) actor: Option<ActorView>,
    /// When it was opened.
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
    /// When the session expires.
    #[schema(format = DateTime)]
    pub(crate) expires_at: String,
    /// When it was revoked.
    #[schema(format = DateTime)]
    pub(crate) revoked_at: Option<String>,
    /// Whether the token is accepted now.
    pub(crate) open: bool,
}

/// The portal sessions that were revoked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndedView {
    /// The number of sessions that were open.
    #[schema(minimum = 0)]
    pub(crate) ended: usize,
}

pub(crate) fn view(session: Session, now: jiff::Timestamp) -> SessionView {
    SessionView {
        open: session.is_open(now),
        session: session.id,
        permission: match session.permission {
            Permission::Read => PermissionView::Read,
            Permission::Write => PermissionView::Write,
        },
        origin: session.origin,
        actor: session.actor.map(ActorView::from),
        created_at: session.created_at.to_string(),
        expires_at: session.expires_at.to_string(),
        revoked_at: session.revoked_at.map(|at| at.to_string()),
    }
}

impl From<&MarketplaceHealth> for MarketplaceView {
    fn from(health: &MarketplaceHealth) -> Self {
        let held: BoundedCount = health.accounts.iter().map(|account| account.held).sum();
        let number = |is: fn(&AccountHealth) -> bool| health.accounts.iter().filter(|one| is(one)).count();
        Self {
            marketplace_id: health.marketplace.clone(),
            integrations: health.accounts.len(),
            needs_reconnect: number(AccountHealth::needs_reconnect),
            failing: number(AccountHealth::is_failing),
            held: held.into(),
        }
    }
}

impl From<AccountHealth> for AccountView {
    fn from(account: AccountHealth) -> Self {
        Self {
            integration: (&account.integration).into(),
            failures: account.integration.health.failures,
            held: account.held.into(),
        }
    }
}
