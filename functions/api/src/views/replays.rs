//! Replays.

use domain::fact::FactKind;
use domain::id::{EventId, JobId, RuleId};
use domain::log::Status;
use domain::trigger::Trigger;
use jiff::Timestamp;
use operations::replays::{Replay, ReplayRequest, RuleSource, Selection, Superseded};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::bounds::{Address, ForeignId};
use crate::openapi::words;
use crate::views::actions::RequestedView;

/// The actions of an event to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayOne {
    /// Send only actions of this trigger.
    #[schema(schema_with = words::trigger_or_null)]
    pub(crate) trigger: Option<Trigger>,
    /// Send only actions of this rule.
    #[schema(value_type = Option<String>, format = "rule-id")]
    pub(crate) rule: Option<RuleId>,
    /// Send only actions with one of these statuses. If absent or empty, actions with any status and actions that never
    /// started are sent.
    #[schema(schema_with = words::status_list)]
    #[serde(default)]
    pub(crate) status: Vec<Status>,
    /// The rules that decide which actions are sent.
    #[serde(default)]
    pub(crate) rules: RulesView,
    /// Also send actions that already succeeded.
    #[serde(default)]
    #[schema(default = false)]
    pub(crate) force: bool,
    /// Return the actions that would be sent, and send none.
    #[serde(default)]
    #[schema(default = false)]
    pub(crate) dry: bool,
}

/// The events and actions to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayMany {
    /// Include only facts that occurred at this time or later.
    #[schema(format = DateTime, value_type = Option<String>)]
    pub(crate) from: Option<Timestamp>,
    /// Include only facts that occurred before this time.
    #[schema(format = DateTime, value_type = Option<String>)]
    pub(crate) to: Option<Timestamp>,
    /// Include only facts of this kind.
    #[schema(schema_with = words::kind_or_null)]
    pub(crate) kind: Option<FactKind>,
    /// Include only facts of the buyer with this email address.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 320)]
    pub(crate) email: Option<Address>,
    /// Include only facts about this order.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256)]
    pub(crate) order_id: Option<ForeignId>,
    /// Send only actions of this trigger.
    #[schema(schema_with = words::trigger_or_null)]
    pub(crate) trigger: Option<Trigger>,
    /// Send only actions of this rule.
    #[schema(value_type = Option<String>, format = "rule-id")]
    pub(crate) rule: Option<RuleId>,
    /// Send only actions with one of these statuses. If absent or empty, actions with any status and actions that never
    /// started are sent.
    #[schema(schema_with = words::status_list)]
    #[serde(default)]
    pub(crate) status: Vec<Status>,
    /// The rules that decide which actions are sent.
    #[serde(default)]
    pub(crate) rules: RulesView,
    /// Also send actions that already succeeded.
    #[serde(default)]
    #[schema(default = false)]
    pub(crate) force: bool,
    /// Return the actions that would be sent, and send none.
    #[serde(default)]
    #[schema(default = false)]
    pub(crate) dry: bool,
    /// The `next_cursor` of the previous response, with the same filters. If absent, the newest events are read first.
    #[schema(min_length = 1, max_length = 1024)]
    pub(crate) cursor: Option<String>,
}

/// The version of the rules that a replay uses.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RulesView {
    /// The current rules: new rules fire too, deleted rules do not.
    #[default]
    Now,
    /// The actions that were sent then, even if a condition has changed since or the rule is disabled.
    Then,
}

/// The result of a replay.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayView {
    /// Whether this was a dry run, so that nothing was sent.
    pub(crate) dry: bool,
    /// The number of events that were read.
    pub(crate) looked_at: usize,
    /// The number of these events that have actions to send.
    pub(crate) events: usize,
    /// The actions that were sent or, in a dry run, would be sent.
    pub(crate) actions: Vec<RequestedView>,
    /// The actions that already succeeded and are skipped.
    #[schema(value_type = Vec<String>)]
    pub(crate) took_effect: Vec<JobId>,
    /// The actions that wait, run or are held, and are skipped.
    #[schema(value_type = Vec<String>)]
    pub(crate) under_way: Vec<JobId>,
    /// The actions that cannot be built again, because the rule is deleted or no longer requests them.
    #[schema(value_type = Vec<String>)]
    pub(crate) gone: Vec<JobId>,
    /// The actions that a newer fact of the same buyer superseded. They are skipped.
    pub(crate) superseded: Vec<SupersededView>,
    /// The `cursor` of the next request. Null if no more events are left.
    pub(crate) next_cursor: Option<String>,
}

/// An action that a newer fact superseded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SupersededView {
    /// The action's id.
    #[schema(value_type = String)]
    pub(crate) action: JobId,
    /// The newer event. Null if the buyer has more newer events than a replay reads.
    #[schema(value_type = Option<String>)]
    pub(crate) event: Option<EventId>,
    /// The reason why the action is skipped.
    pub(crate) reason: String,
}

impl From<&Superseded> for SupersededView {
    fn from(superseded: &Superseded) -> Self {
        Self { action: superseded.job, event: superseded.by, reason: superseded.reason.clone() }
    }
}

impl ReplayView {
    pub(crate) fn of(replay: &Replay, looked_at: usize, dry: bool, next_cursor: Option<String>) -> Self {
        Self {
            dry,
            looked_at,
            events: replay.events(),
            actions: replay.jobs().map(RequestedView::from).collect(),
            took_effect: replay.done.clone(),
            under_way: replay.under_way.clone(),
            gone: replay.gone.iter().map(|gone| gone.job).collect(),
            superseded: replay.superseded.iter().map(SupersededView::from).collect(),
            next_cursor,
        }
    }
}

impl From<ReplayOne> for ReplayRequest {
    fn from(asked: ReplayOne) -> Self {
        let ReplayOne { trigger, rule, status: statuses, rules, force: forced, dry: _ } = asked;
        let by = match rules {
            RulesView::Now => RuleSource::Current,
            RulesView::Then => RuleSource::AsSent,
        };
        Self {
            selection: Selection { trigger, rule, job: None, statuses },
            by,
            forced,
            run: operations::replays::run(),
        }
    }
}
