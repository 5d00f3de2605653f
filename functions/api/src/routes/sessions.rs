//! Portal sessions: the operator's platform opens one for its merchant, and hands the token to the embedded console.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::author::{Actor, InvalidActor};
use domain::id::{MarketplaceId, SessionId};
use domain::session::{Permission, Session};
use jiff::SignedDuration;
use operations::sessions::{MOST_OPEN, OpenError};
use runtime::clock;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Operator;
use crate::input::Input;
use crate::problem::Problem;
use crate::state::Api;

/// The maximum lifetime of a token.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);
const SHORTEST: SignedDuration = SignedDuration::from_secs(1);

/// A portal session to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSession {
    /// The marketplace whose data the session can access.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._-]+$", example = "shop_1")]
    marketplace_id: String,
    /// The permission of the session.
    permission: PermissionView,
    /// The lifetime in seconds, 3600 at most.
    #[schema(minimum = 1, maximum = 3600, default = 3600)]
    expires_in: Option<i64>,
    /// The web origin of the portal's page. Browser requests from another origin are refused, and so are changes
    /// without an `Origin` header. If absent, any origin is accepted.
    #[schema(example = "https://app.example.com", pattern = "^https?://[^/?#@ ]+$")]
    origin: Option<String>,
    /// The person who uses the session, as your platform identifies them. The Configuration Log has the actor of each
    /// change.
    actor: Option<ActorView>,
}

/// The person who uses a session.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActorView {
    /// Your platform's id of the person. `operator` and `engine` are reserved.
    #[schema(min_length = 1, max_length = 128, example = "usr_7")]
    id: String,
    /// The person's name, for display.
    #[schema(min_length = 1, max_length = 128, example = "Ada Lovelace")]
    name: Option<String>,
}

impl ActorView {
    pub(super) fn new(id: &str, name: Option<&str>) -> Self {
        Self { id: id.to_owned(), name: name.map(str::to_owned) }
    }

    fn read(&self) -> Result<Actor, Problem> {
        Actor::new(&self.id, self.name.as_deref()).map_err(|error| {
            let field = match error {
                InvalidActor::Id => "/actor/id",
                InvalidActor::Name => "/actor/name",
            };
            Problem::invalid(field, format!("The text is not valid: {error}."))
        })
    }
}

impl From<Actor> for ActorView {
    fn from(Actor { id, name }: Actor) -> Self {
        Self { id, name }
    }
}

/// The permission of a session.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PermissionView {
    /// Read only.
    Read,
    /// Read and change.
    Write,
}

/// An open portal session.
#[derive(Debug, Serialize, ToSchema)]
struct OpenSession {
    /// The session's id, with which it can be revoked.
    session: String,
    /// The token that the console sends as `authorization: Bearer`. It is returned only once.
    token: String,
    /// When the token expires.
    #[schema(format = DateTime)]
    expires_at: String,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(open))
}

impl From<OpenError> for Problem {
    fn from(error: OpenError) -> Self {
        match &error {
            OpenError::Full => Self::conflict(format!(
                "The marketplace has {MOST_OPEN} open portal sessions, the maximum. Revoke some, or wait until they expire."
            )),
            OpenError::Store(_) => Self::unavailable(&error),
        }
    }
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
    let answer = OpenSession { session: session.id.to_string(), token, expires_at };
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
