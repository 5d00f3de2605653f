//! Entries of the Configuration Log.

use domain::app::App;
use domain::id::{IntegrationId, SessionId};
use domain::log::ConfigEntry;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::openapi::words;
use crate::views::sessions::ActorView;

/// An entry of the Configuration Log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfigView {
    /// When the change was made.
    #[schema(format = DateTime)]
    pub(crate) at: String,
    /// The kind of the changed object.
    #[schema(schema_with = words::config_kind)]
    pub(crate) kind: &'static str,
    /// The object's id. For an import, the id of its plan; for an erasure, an id that does not identify the buyer.
    pub(crate) id: String,
    /// The account's id, if the object is an account or a rule.
    #[schema(value_type = Option<String>)]
    pub(crate) integration: Option<IntegrationId>,
    /// The app, if the object is an account, a rule or an app.
    #[schema(value_type = Option<String>)]
    pub(crate) app: Option<App>,
    /// The change that was made.
    pub(crate) action: String,
    /// Whether the change succeeded.
    pub(crate) ok: bool,
    /// The result, in words.
    pub(crate) message: String,
    /// The author of the change: the actor of the portal session, or `operator` or `engine` as the id. Null for a
    /// session without an actor.
    pub(crate) actor: Option<ActorView>,
    /// The id of the portal session. Null for changes by the operator or the engine.
    #[schema(value_type = Option<String>)]
    pub(crate) session: Option<SessionId>,
    /// The changed parts before the change. Null if the object did not exist. A part of more than 4 KB is replaced by
    /// its size. Credentials are not included.
    #[schema(value_type = Option<Object>)]
    pub(crate) before: Option<Value>,
    /// The same parts after the change. Null if the object was deleted.
    #[schema(value_type = Option<Object>)]
    pub(crate) after: Option<Value>,
}

impl From<&ConfigEntry> for ConfigView {
    fn from(entry: &ConfigEntry) -> Self {
        Self {
            at: entry.at.to_string(),
            kind: entry.kind.key(),
            id: entry.id.clone(),
            integration: entry.integration.clone(),
            app: entry.app,
            action: entry.action.clone(),
            ok: entry.ok,
            message: entry.message.clone(),
            actor: ActorView::author(&entry.author),
            session: entry.author.session().cloned(),
            before: entry.before.clone(),
            after: entry.after.clone(),
        }
    }
}
