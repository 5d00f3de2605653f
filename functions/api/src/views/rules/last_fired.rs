//! The newest action of a rule.

use domain::id::{EventId, JobId};
use operations::rules::LastFired;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::words;

/// The newest action of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastFiredView {
    /// When the fact that fired the rule occurred. Null if no action of the rule was found.
    #[schema(format = DateTime)]
    pub(crate) fired_at: Option<String>,
    /// The event of that fact.
    #[schema(value_type = Option<String>)]
    pub(crate) event: Option<EventId>,
    /// The newest action.
    #[schema(value_type = Option<String>)]
    pub(crate) action: Option<JobId>,
    /// The status of that action.
    #[schema(schema_with = words::status_or_null)]
    pub(crate) status: Option<&'static str>,
    /// Set if no action of the rule was found among the newest actions of the account, and the log has older actions:
    /// when the fact of the oldest action that was read occurred. The rule has not fired since then.
    #[schema(format = DateTime)]
    pub(crate) read_until: Option<String>,
}

impl From<LastFired> for LastFiredView {
    fn from(LastFired { action, read_until }: LastFired) -> Self {
        let action = action.as_ref();
        Self {
            fired_at: action.map(|action| action.occurred_at.to_string()),
            event: action.map(|action| action.id.event),
            action: action.map(|action| action.id),
            status: action.map(|action| action.status.key()),
            read_until: read_until.map(|at| at.to_string()),
        }
    }
}
