//! Tests of rules.

use domain::id::{JobId, RuleId};
use operations::trial::Trial;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::views::rules::body::RuleBody;
use crate::views::rules::contact::ContactBody;

/// A rule that is not saved, and the person to try it for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftTrial {
    /// The id of a stored rule that the draft would replace.
    #[schema(value_type = Option<String>, format = "rule-id")]
    pub(crate) id: Option<RuleId>,
    /// The rule.
    pub(crate) rule: RuleBody,
    /// The person to try the rule for.
    pub(crate) contact: ContactBody,
}

/// A test that is queued.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrialView {
    /// The event of the test.
    pub(crate) event: String,
    /// The actions of the test, one for each target, such as a tag. An action is in the Action Log after its first
    /// attempt.
    pub(crate) actions: Vec<String>,
}

impl From<Trial> for TrialView {
    fn from(Trial { event, jobs }: Trial) -> Self {
        Self { event: event.to_string(), actions: jobs.iter().map(JobId::to_string).collect() }
    }
}
