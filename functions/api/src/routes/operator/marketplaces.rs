//! The marketplaces with their health, and their portal sessions.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::{MarketplaceId, SessionId};
use runtime::clock;

use crate::auth::Operator;
use crate::input::{Ids, Params};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::operator::marketplaces::{
    AccountView, EndedView, MarketplaceDetailView, MarketplaceView, SessionView, view,
};

pub(super) fn routes<R: Routes>() -> R {
    R::new()
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
    let found = found.ok_or_else(|| Problem::not_found("marketplace", &m))?;
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
        return Err(Problem::not_found("session", &session));
    }
    tracing::info!(operator = operator.arn, marketplace = %m, %session, "a portal session is revoked");
    Ok(StatusCode::NO_CONTENT)
}
