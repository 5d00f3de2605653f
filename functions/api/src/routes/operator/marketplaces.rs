//! The marketplaces with their health, and their portal sessions.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::{MarketplaceId, SessionId};
use domain::session::{Permission, Session};
use operations::BoundedCount;
use operations::fleet::{AccountHealth, MarketplaceHealth};
use runtime::clock;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Count;
use crate::auth::Operator;
use crate::input::{Ids, Params};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::routes::integrations::IntegrationView;
use crate::routes::sessions::{ActorView, PermissionView};
use crate::state::Api;

/// The health of a marketplace.
#[derive(Debug, Serialize, ToSchema)]
struct MarketplaceView {
    /// The marketplace's id.
    marketplace_id: String,
    /// The number of connected accounts.
    #[schema(minimum = 0)]
    integrations: usize,
    /// The number of accounts that need to be reconnected.
    #[schema(minimum = 0)]
    needs_reconnect: usize,
    /// The number of accounts whose app fails.
    #[schema(minimum = 0)]
    failing: usize,
    /// The number of actions that are held until their account is reconnected.
    held: Count,
}

/// The health of a marketplace, with its accounts.
#[derive(Debug, Serialize, ToSchema)]
struct MarketplaceDetailView {
    /// The totals of the marketplace.
    health: MarketplaceView,
    /// The accounts of the marketplace.
    accounts: Vec<AccountView>,
}

/// The health of an account.
#[derive(Debug, Serialize, ToSchema)]
struct AccountView {
    /// The account. Its credentials are never shown.
    integration: IntegrationView,
    /// The number of calls that have failed in a row.
    #[schema(minimum = 0)]
    failures: u32,
    /// The number of actions that are held until the account is reconnected.
    held: Count,
}

/// A portal session.
#[derive(Debug, Serialize, ToSchema)]
struct SessionView {
    /// The session's id.
    session: String,
    /// The permission of the session.
    permission: PermissionView,
    /// The web origin of the portal's page. Null if any origin is accepted.
    origin: Option<String>,
    /// The person who uses the session. Null if the session has no actor.
    actor: Option<ActorView>,
    /// When it was opened.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the session expires.
    #[schema(format = DateTime)]
    expires_at: String,
    /// When it was revoked.
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    /// Whether the token is accepted now.
    open: bool,
}

/// The portal sessions that were revoked.
#[derive(Debug, Serialize, ToSchema)]
struct EndedView {
    /// The number of sessions that were open.
    #[schema(minimum = 0)]
    ended: usize,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(marketplaces))
        .routes(routes!(marketplace))
        .routes(routes!(list, revoke_all))
        .routes(routes!(revoke))
}

/// List marketplaces that ever connected an app, by id, with their health
#[utoipa::path(
    get, path = "/operator/marketplaces", tag = "operator", params(PageQuery),
    responses((status = 200, body = Page<MarketplaceView>))
)]
async fn marketplaces(
    _operator: Operator,
    State(api): State<Arc<Api>>,
    Params(ask): Params<PageQuery>,
) -> Result<Json<Page<MarketplaceView>>, Problem> {
    Ok(Json(Page::of(&api.engine.fleet().marketplaces(ask.wanted(), clock::now()).await?)))
}

/// Retrieve a marketplace with its health and accounts
#[utoipa::path(
    get, path = "/operator/marketplaces/{marketplace}", tag = "operator",
    responses((status = 200, body = MarketplaceDetailView))
)]
async fn marketplace(
    _operator: Operator,
    State(api): State<Arc<Api>>,
    Ids(m): Ids<MarketplaceId>,
) -> Result<Json<MarketplaceDetailView>, Problem> {
    let found = api.engine.fleet().marketplace(&m, clock::now()).await?;
    let found = found.ok_or_else(|| Problem::not_found("marketplace"))?;
    let health = MarketplaceView::from(&found);
    let accounts = found.accounts.into_iter().map(AccountView::from).collect();
    Ok(Json(MarketplaceDetailView { health, accounts }))
}

/// List the portal sessions of a marketplace, including sessions that ended within a day
#[utoipa::path(
    get, path = "/operator/marketplaces/{marketplace}/sessions", tag = "sessions",
    responses((status = 200, body = Page<SessionView>))
)]
async fn list(
    _operator: Operator,
    State(api): State<Arc<Api>>,
    Ids(m): Ids<MarketplaceId>,
) -> Result<Json<Page<SessionView>>, Problem> {
    let now = clock::now();
    let found = api.engine.sessions().list(&m, now).await?;
    Ok(Json(Page::whole(found.into_iter().map(|session| view(session, now)))))
}

/// Revoke all portal sessions of a marketplace; their tokens are refused from the next call on
#[utoipa::path(
    delete, path = "/operator/marketplaces/{marketplace}/sessions", tag = "sessions",
    responses((status = 200, body = EndedView))
)]
async fn revoke_all(
    operator: Operator,
    State(api): State<Arc<Api>>,
    Ids(m): Ids<MarketplaceId>,
) -> Result<Json<EndedView>, Problem> {
    let ended = api.engine.sessions().revoke_all(&m, clock::now()).await?;
    tracing::info!(operator = operator.arn, marketplace = %m, ended, "all portal sessions are revoked");
    Ok(Json(EndedView { ended }))
}

/// Revoke a portal session; its token is refused from the next call on
#[utoipa::path(
    delete, path = "/operator/marketplaces/{marketplace}/sessions/{session}", tag = "sessions",
    responses((status = 204, description = "The session is revoked"))
)]
async fn revoke(
    operator: Operator,
    State(api): State<Arc<Api>>,
    Ids((m, session)): Ids<(MarketplaceId, SessionId)>,
) -> Result<StatusCode, Problem> {
    if !api.engine.sessions().revoke(&m, &session, clock::now()).await? {
        return Err(Problem::not_found("session"));
    }
    tracing::info!(operator = operator.arn, marketplace = %m, %session, "a portal session is revoked");
    Ok(StatusCode::NO_CONTENT)
}

fn view(session: Session, now: jiff::Timestamp) -> SessionView {
    SessionView {
        open: session.is_open(now),
        session: session.id.to_string(),
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
            marketplace_id: health.marketplace.to_string(),
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
