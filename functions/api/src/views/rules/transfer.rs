//! Imports of rules.

use domain::id::{IntegrationId, RuleId};
use domain::rule::Rule;
use domain::trigger::Trigger;
use operations::rules::diff::Change;
use operations::rules::{Entry, Transfer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::openapi::words;
use crate::views::rules::body::FindingView;

/// A document with the rules of a marketplace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesDocument {
    /// The rules as YAML, in the format of `GET /v1/rules/export`.
    #[schema(max_length = 1_000_000)]
    pub(crate) document: String,
}

/// The changes that a document makes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportPlanView {
    /// The identifier of this plan. Send it as `plan` to apply the document.
    pub(crate) plan: String,
    /// Whether the document is applied. If false although `apply` is true, the time limit was reached, and this is the
    /// plan of the remaining changes.
    pub(crate) applied: bool,
    /// The number of rules that are created.
    pub(crate) added: usize,
    /// The number of rules that are changed.
    pub(crate) changed: usize,
    /// The number of rules that are deleted, because the document does not have them.
    pub(crate) removed: usize,
    /// The number of rules that are unchanged.
    pub(crate) unchanged: usize,
    /// The change of each rule.
    pub(crate) rules: Vec<RuleChangeView>,
}

/// The change of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleChangeView {
    /// The rule's id.
    #[schema(value_type = String)]
    pub(crate) rule: RuleId,
    /// The rule's name.
    pub(crate) name: Option<String>,
    /// The kind of change.
    pub(crate) change: RuleChangeKind,
    /// The trigger after the change, or before it if the rule is deleted.
    #[schema(schema_with = words::trigger)]
    pub(crate) trigger: Trigger,
    /// The account that the action is performed in.
    #[schema(value_type = String)]
    pub(crate) integration: IntegrationId,
    /// The key of the action.
    pub(crate) action: String,
    /// The fields of the rule that change.
    pub(crate) parts: Vec<&'static str>,
    /// Warnings about the rule. Only the first few are returned.
    pub(crate) warnings: Vec<FindingView>,
}

/// The kind of change of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RuleChangeKind {
    /// The rule is created.
    Added,
    /// The rule is changed.
    Changed,
    /// The rule is deleted.
    Removed,
    /// The rule is unchanged.
    Unchanged,
}

pub(crate) fn view(plan: &Transfer, applied: bool) -> ImportPlanView {
    let view = |rule: &Rule, change, parts, warnings| RuleChangeView {
        rule: rule.id.clone(),
        name: rule.name.clone(),
        change,
        trigger: rule.trigger,
        integration: rule.integration.clone(),
        action: rule.action.clone(),
        parts,
        warnings,
    };
    let entry = |Entry { rule, change, warnings, .. }: &Entry| {
        let (change, parts) = match change {
            Change::Added => (RuleChangeKind::Added, Vec::new()),
            Change::Changed(parts) => (RuleChangeKind::Changed, parts.clone()),
            Change::Unchanged => (RuleChangeKind::Unchanged, Vec::new()),
        };
        view(rule, change, parts, warnings.iter().map(FindingView::from).collect())
    };
    let removed = plan.removed.iter();
    let removed = removed.map(|stored| view(&stored.rule, RuleChangeKind::Removed, Vec::new(), Vec::new()));
    let rules: Vec<_> = plan.entries.iter().map(entry).chain(removed).collect();
    let count = |kind| rules.iter().filter(|rule| rule.change == kind).count();
    ImportPlanView {
        plan: plan.digest.clone(),
        applied,
        added: count(RuleChangeKind::Added),
        changed: count(RuleChangeKind::Changed),
        removed: count(RuleChangeKind::Removed),
        unchanged: count(RuleChangeKind::Unchanged),
        rules,
    }
}
