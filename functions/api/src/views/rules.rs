//! Rules.

pub(crate) mod body;
pub(crate) mod bulk;
pub(crate) mod contact;
pub(crate) mod dry_run;
pub(crate) mod last_fired;
pub(crate) mod preview;
pub(crate) mod transfer;
pub(crate) mod trial;

use domain::id::RuleId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::views::count::Count;
use crate::views::rules::body::{FindingView, RuleBody};

/// The new state of a rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSwitch {
    /// Whether the rule is enabled.
    pub(crate) enabled: bool,
}

/// The actions that disabling or deleting a rule would end.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingView {
    /// The number of the rule's actions that wait for their next attempt or are held, among the newest few thousand
    /// actions of the merchant that did not succeed.
    pub(crate) waiting: Count,
}

/// A rule to validate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleDraft {
    /// The id of an existing rule that the draft would replace.
    #[schema(value_type = Option<String>, format = "rule-id")]
    pub(crate) id: Option<RuleId>,
    /// The rule.
    pub(crate) rule: RuleBody,
}

/// The findings of a validation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleFindings {
    /// Errors, with which the rule cannot be saved, and warnings. Each `field` is a JSON pointer into the rule.
    pub(crate) findings: Vec<FindingView>,
}
