//! Bulk changes of rules.

use std::collections::BTreeSet;

use domain::id::RuleId;
use operations::rules::{BulkDone, BulkItem, MOST_IN_BULK, RuleError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::views::rules::body::FindingView;

/// The maximum number of warnings that are returned for each rule.
pub(crate) const MOST_WARNINGS: usize = 5;

/// A bulk change of rules.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkBody {
    /// The change.
    pub(crate) change: BulkChangeView,
    /// The rules to change. Each may occur once.
    #[schema(min_items = 1, max_items = 50)]
    pub(crate) rules: Vec<BulkRule>,
}

/// The kind of a bulk change.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BulkChangeView {
    /// Enable the rules. A rule with validation errors is rejected.
    Enable,
    /// Disable the rules.
    Disable,
    /// Delete the rules.
    Delete,
    /// Copy each rule. The copies are disabled.
    Duplicate,
}

/// A rule to change, with its version.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkRule {
    /// The rule's id.
    #[schema(value_type = String, format = "rule-id")]
    pub(crate) rule: RuleId,
    /// The `etag` of the version that was read.
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) etag: String,
}

/// The results of a bulk change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkView {
    /// A result for each rule, in the order of the request.
    pub(crate) results: Vec<BulkResult>,
}

/// The result for one rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkResult {
    /// The rule's id.
    #[schema(value_type = String)]
    pub(crate) rule: RuleId,
    /// The HTTP status that a request for this rule alone would have: 200, 201 for a copy, 204 for a deletion, or that of the
    /// problem.
    #[schema(minimum = 200, maximum = 599)]
    pub(crate) status: u16,
    /// The id of the copy.
    #[schema(value_type = Option<String>)]
    pub(crate) copy: Option<RuleId>,
    /// The version that is now stored, of the rule or of its copy.
    pub(crate) etag: Option<String>,
    /// Warnings about the rule, 5 at most.
    pub(crate) warnings: Vec<FindingView>,
    /// The reason why the rule was not changed.
    pub(crate) problem: Option<Problem>,
}

impl BulkResult {
    pub(crate) fn of(rule: &RuleId, done: Result<BulkDone, RuleError>) -> Self {
        let result = |status| Self {
            rule: rule.clone(),
            status,
            copy: None,
            etag: None,
            warnings: Vec::new(),
            problem: None,
        };
        match done {
            Ok(BulkDone::Deleted) => result(204),
            Ok(BulkDone::Saved(saved)) => Self {
                warnings: saved.warnings.iter().take(MOST_WARNINGS).map(FindingView::from).collect(),
                etag: Some(saved.stored.etag),
                ..result(200)
            },
            Ok(BulkDone::Copied(saved)) => {
                Self { copy: Some(saved.stored.rule.id), etag: Some(saved.stored.etag), ..result(201) }
            }
            Err(error) => {
                let problem = Problem::from(error);
                Self { problem: Some(problem.clone()), ..result(problem.status().as_u16()) }
            }
        }
    }
}

impl BulkBody {
    pub(crate) fn items(&self) -> Result<Vec<BulkItem>, Problem> {
        if !(1..=MOST_IN_BULK).contains(&self.rules.len()) {
            return Err(Problem::invalid("/rules", format!("It must have 1 to {MOST_IN_BULK} rules.")));
        }
        let mut seen = BTreeSet::new();
        if let Some(index) = self.rules.iter().position(|item| !seen.insert(&item.rule)) {
            return Err(Problem::invalid(
                format!("/rules/{index}/rule"),
                "The list contains the rule twice.",
            ));
        }
        let item = |BulkRule { rule, etag }: &BulkRule| BulkItem { rule: rule.clone(), etag: etag.clone() };
        Ok(self.rules.iter().map(item).collect())
    }
}
