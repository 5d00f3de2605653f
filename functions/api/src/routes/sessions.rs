//! Portal sessions: the operator's platform opens one for its merchant, and hands the token to the embedded console.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::id::{MarketplaceId, SessionId};
use domain::session::{Permission, Session};
use jiff::SignedDuration;
use runtime::clock;
use url::Url;

use crate::auth::Operator;
use crate::input::Input;
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::sessions::{ActorView, NewSession, OpenSession, PermissionView};

/// The maximum lifetime of a token.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

const SHORTEST: SignedDuration = SignedDuration::from_secs(1);

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(open))
}

/// Open a portal session for a merchant
#[utoipa::path(
    post, path = "/operator/sessions", tag = "sessions", request_body = NewSession,
    responses((status = 201, body = OpenSession))
)]
async fn open(
    operator: Operator,
    State(api): State<Arc<Api>>,
    Input(new): Input<NewSession>,
) -> Result<Response, Problem> {
    let now = clock::now();
    let marketplace = MarketplaceId::new(new.marketplace_id)
        .map_err(|error| Problem::invalid("/marketplace_id", error.to_string()))?;
    let lasts = new.expires_in.map_or(LONGEST, SignedDuration::from_secs);
    if !(SHORTEST..=LONGEST).contains(&lasts) {
        return Err(Problem::invalid("/expires_in", "It must be 1 to 3600 seconds."));
    }
    let session = Session {
        id: new_id(),
        marketplace,
        permission: match new.permission {
            PermissionView::Read => Permission::Read,
            PermissionView::Write => Permission::Write,
        },
        origin: new.origin.as_deref().map(origin).transpose()?,
        actor: new.actor.as_ref().map(ActorView::read).transpose()?,
        created_at: now,
        expires_at: now.saturating_add(lasts).unwrap_or(now),
        revoked_at: None,
    };
    let token = api.tokens.issue(&session).await.map_err(|error| Problem::unavailable(&error))?;
    api.engine.sessions().open(&session, now).await?;
    tracing::info!(operator = operator.arn, marketplace = %session.marketplace, session = %session.id, "a portal session is open");
    let expires_at = session.expires_at.to_string();
    let answer = OpenSession { session: session.id, token, expires_at };
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// Validates a web origin: scheme, host and port, as a browser sends it.
fn origin(text: &str) -> Result<String, Problem> {
    let invalid = || Problem::invalid("/origin", "It must be a web origin, such as https://app.example.com.");
    let url = Url::parse(text).map_err(|_| invalid())?;
    let origin = url.origin().ascii_serialization();
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if bare && matches!(url.scheme(), "http" | "https") { Ok(origin) } else { Err(invalid()) }
}

#[expect(clippy::expect_used, reason = "32 letters and digits behind the prefix")]
fn new_id() -> SessionId {
    SessionId::new(format!("ses_{}", clock::unique())).expect("a valid id")
}
