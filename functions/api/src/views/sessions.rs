//! Portal sessions, as the operator opens them.

use domain::author::{Actor, Author, InvalidActor};
use domain::id::SessionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// A portal session to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSession {
    /// The marketplace whose data the session can access.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._-]+$", example = "shop_1")]
    pub(crate) marketplace_id: String,
    /// The permission of the session.
    pub(crate) permission: PermissionView,
    /// The lifetime in seconds, 3600 at most.
    #[schema(minimum = 1, maximum = 3600, default = 3600)]
    pub(crate) expires_in: Option<i64>,
    /// The web origin of the portal's page. Browser requests from another origin are refused, and so are changes
    /// without an `Origin` header. If absent, any origin is accepted.
    #[schema(example = "https://app.example.com", pattern = "^https?://[^/?#@ ]+$")]
    pub(crate) origin: Option<String>,
    /// The person who uses the session, as your platform identifies them. The Configuration Log has the actor of each
    /// change.
    pub(crate) actor: Option<ActorView>,
}

/// The person who uses a session.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActorView {
    /// Your platform's id of the person. `operator` and `engine` are reserved.
    #[schema(min_length = 1, max_length = 128, example = "usr_7")]
    pub(crate) id: String,
    /// The person's name, for display.
    #[schema(min_length = 1, max_length = 128, example = "Ada Lovelace")]
    pub(crate) name: Option<String>,
}

impl ActorView {
    /// The author of a change; `None` for a session without an actor.
    pub(crate) fn author(author: &Author) -> Option<Self> {
        author.id().map(|id| Self::new(id, author.name()))
    }

    fn new(id: &str, name: Option<&str>) -> Self {
        Self { id: id.to_owned(), name: name.map(str::to_owned) }
    }

    pub(crate) fn read(&self) -> Result<Actor, Problem> {
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
pub(crate) struct OpenSession {
    /// The session's id, with which it can be revoked.
    #[schema(value_type = String)]
    pub(crate) session: SessionId,
    /// The token that the console sends as `authorization: Bearer`. It is returned only once.
    pub(crate) token: String,
    /// When the token expires.
    #[schema(format = DateTime)]
    pub(crate) expires_at: String,
}
