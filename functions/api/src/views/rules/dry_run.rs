//! Dry runs of rules.

use domain::id::{EventId, RuleId};
use jiff::Timestamp;
use operations::rules::dry_run::{Cause, DryRun, Failed, Preview};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::input::Limit;
use crate::views::rules::body::{FindingView, RuleBody};

/// The rule to try, stored or not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleTrial {
    /// The id of a stored rule, which is tried itself or, if `rule` is set, would be replaced by it.
    #[schema(value_type = Option<String>, format = "rule-id")]
    pub(crate) id: Option<RuleId>,
    /// The definition of a rule to try.
    pub(crate) rule: Option<RuleBody>,
    /// Read only events that occurred at this time or later. Default: seven days ago.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) since: Option<Timestamp>,
    /// The maximum number of events to read, newest first.
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 500, default = 200)]
    pub(crate) limit: Option<Limit<200, 500>>,
}

/// The result of a dry run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DryRunView {
    /// The number of events that were read.
    pub(crate) events: usize,
    /// The number of events that fire the rule's trigger.
    pub(crate) concerned: usize,
    /// The number of times that the rule would have fired: once per order line, or once per order.
    pub(crate) fired: usize,
    /// The number of actions that would have been sent.
    pub(crate) actions: usize,
    /// The number of buyers with such actions.
    pub(crate) buyers: usize,
    /// The reasons why the rule would not have fired.
    pub(crate) failed: Vec<DryRunFailedView>,
    /// The first actions that would have been sent.
    pub(crate) previews: Vec<DryRunPreviewView>,
    /// The findings of the rule's validation.
    pub(crate) findings: Vec<FindingView>,
}

/// A reason why the rule would not have fired, with its number of occurrences.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DryRunFailedView {
    /// `other_products`, `condition`, `duplicate`, `superseded`, `not_offered` or `disabled`.
    pub(crate) reason: &'static str,
    /// The condition's number, counted from 1.
    pub(crate) condition: Option<usize>,
    /// The number of occurrences.
    pub(crate) count: usize,
    /// The newest event with this reason.
    #[schema(value_type = String)]
    pub(crate) event: EventId,
    /// The verdict on the rule for that event.
    #[schema(value_type = Object)]
    pub(crate) verdict: Value,
}

/// An action that would have been sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DryRunPreviewView {
    /// The event that leads to the action.
    #[schema(value_type = String)]
    pub(crate) event: EventId,
    /// The order line, if the trigger fires per line.
    pub(crate) line: Option<String>,
    /// The settings that the action would be sent with.
    #[schema(value_type = Object)]
    pub(crate) settings: Map<String, Value>,
    /// The contact's address, masked.
    pub(crate) contact: String,
}

pub(crate) fn view(run: DryRun, findings: Vec<FindingView>) -> DryRunView {
    DryRunView {
        events: run.events,
        concerned: run.concerned,
        fired: run.fired,
        actions: run.jobs,
        buyers: run.buyers,
        failed: run.failed.into_iter().map(failed).collect(),
        previews: run.previews.into_iter().map(preview).collect(),
        findings,
    }
}

pub(crate) fn failed((cause, failed): (Cause, Failed)) -> DryRunFailedView {
    let (reason, condition) = match cause {
        Cause::OtherProducts => ("other_products", None),
        Cause::Condition(number) => ("condition", Some(number)),
        Cause::Duplicate => ("duplicate", None),
        Cause::Superseded => ("superseded", None),
        Cause::NotOffered => ("not_offered", None),
        Cause::Disabled => ("disabled", None),
    };
    DryRunFailedView {
        reason,
        condition,
        count: failed.count,
        event: failed.event,
        verdict: serde_json::to_value(&failed.example.verdict).unwrap_or_default(),
    }
}

pub(crate) fn preview(preview: Preview) -> DryRunPreviewView {
    DryRunPreviewView {
        event: preview.event,
        line: preview.line,
        settings: preview.settings.0,
        contact: preview.contact,
    }
}
