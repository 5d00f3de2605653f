//! Events, with their verdicts and actions.

use std::collections::BTreeMap;

use domain::fact::Fact;
use domain::id::{EventId, JobId, RuleId};
use domain::log::{EventRecord, Timer};
use domain::trigger::Trigger;
use domain::verdict::{LeftOut, Loss, Missing, RuleVerdict, Verdict};
use operations::log::explain::{JudgedNow, Unstored};
use operations::log::unstarted::Unstarted;
use operations::log::verdict;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::openapi::words;
use crate::views::actions::ActionView;

/// An event of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventRow {
    /// The event's id.
    #[schema(value_type = String)]
    pub(crate) id: EventId,
    /// The fact's name on the bus, such as `Order Completed`; `Rule Test` for a test of a rule.
    pub(crate) detail_type: String,
    /// The producer's id of the fact, unique in the marketplace.
    pub(crate) fact_id: String,
    /// The buyer's email address.
    pub(crate) email: String,
    /// The order, if the fact is about one.
    pub(crate) order_id: Option<String>,
    /// Whether the event is a test of a rule, with an example of a fact.
    pub(crate) test: bool,
    /// When the fact occurred.
    #[schema(format = DateTime)]
    pub(crate) occurred_at: String,
    /// When the engine first received the fact.
    #[schema(format = DateTime)]
    pub(crate) received_at: String,
    /// The number of verdicts, by kind. `not_stored` counts verdicts for which the event had no room; the explanation
    /// judges their rules again.
    pub(crate) verdicts: BTreeMap<&'static str, usize>,
    /// The prospect's timer, if the fact started or joined one.
    pub(crate) timer: Option<TimerView>,
}

impl From<&EventRecord> for EventRow {
    fn from(event: &EventRecord) -> Self {
        let fact = Fact::parse(&event.detail_type, &event.detail).ok();
        let mut verdicts = BTreeMap::new();
        for judged in event.verdicts.values().flatten() {
            *verdicts.entry(key(&judged.verdict)).or_default() += 1;
        }
        if !event.unstored.is_empty() {
            verdicts.insert("not_stored", event.unstored.values().sum());
        }
        Self {
            id: event.id,
            detail_type: event.detail_type.clone(),
            fact_id: event.fact_id.clone(),
            email: event.email.clone(),
            order_id: fact.as_ref().and_then(Fact::order_id).map(str::to_owned),
            test: event.is_test(),
            occurred_at: event.occurred_at.to_string(),
            received_at: event.received_at.to_string(),
            verdicts,
            timer: event.timer.as_ref().map(TimerView::from),
        }
    }
}

/// A prospect's timer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimerView {
    /// The state of the timer.
    pub(crate) state: TimerState,
    /// When the timer ends or ended.
    #[schema(format = DateTime)]
    pub(crate) fires_at: Option<String>,
    /// With `joined`, the event of the earlier prospect; with `bought`, the event of the purchase.
    #[schema(value_type = Option<String>)]
    pub(crate) event: Option<EventId>,
}

/// The state of a prospect's timer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimerState {
    /// The timer runs.
    Waiting,
    /// A timer of an earlier prospect of the same buyer and product runs.
    Joined,
    /// The timer ended, and the trigger fired.
    Fired,
    /// The buyer bought the product before the timer ended.
    Bought,
}

impl From<&Timer> for TimerView {
    fn from(timer: &Timer) -> Self {
        let (state, fires_at, event) = match timer {
            Timer::Waiting { fires_at, .. } => (TimerState::Waiting, Some(fires_at.to_string()), None),
            Timer::Joined { event, .. } => (TimerState::Joined, None, Some(*event)),
            Timer::Fired { at } => (TimerState::Fired, Some(at.to_string()), None),
            Timer::Bought { event } => (TimerState::Bought, None, Some(*event)),
        };
        Self { state, fires_at, event }
    }
}

/// An event with its verdicts and actions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventView {
    /// The fields of the list.
    pub(crate) event: EventRow,
    /// The fact as it was published.
    #[schema(value_type = Object)]
    pub(crate) detail: Value,
    /// Notes on how the event was processed: the earlier prospect that it joined, why the fact fires no trigger, what a
    /// refund leaves unchanged, and texts of the fact that were truncated.
    pub(crate) notes: Vec<String>,
    /// The verdicts that are stored, one for each rule that was read. An event has room for a limited number.
    pub(crate) verdicts: Vec<VerdictView>,
    /// The actions, with every attempt.
    pub(crate) actions: Vec<ActionView>,
    /// Actions that were queued and have not started.
    pub(crate) not_started: Vec<UnstartedView>,
}

/// An action that has not started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnstartedView {
    /// The action's id, with which it can be retried.
    #[schema(value_type = String)]
    pub(crate) id: JobId,
    /// The rule that requested the action.
    #[schema(value_type = String)]
    pub(crate) rule: RuleId,
    /// The trigger that fired.
    #[schema(value_type = String)]
    pub(crate) trigger: Trigger,
    /// The order line, if the trigger fires per line.
    pub(crate) line: Option<String>,
    /// Whether the action is late, so that its message may be lost. A retry sends it again.
    pub(crate) late: bool,
    /// The state of the action, in words.
    pub(crate) message: &'static str,
}

impl From<&Unstarted> for UnstartedView {
    fn from(unstarted: &Unstarted) -> Self {
        Self {
            id: unstarted.job,
            rule: unstarted.rule.clone(),
            trigger: unstarted.trigger,
            line: unstarted.line.clone(),
            late: unstarted.late,
            message: unstarted.message(),
        }
    }
}

/// The verdict on a rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerdictView {
    /// The rule.
    #[schema(value_type = String)]
    pub(crate) rule: RuleId,
    /// The trigger that fired.
    #[schema(value_type = String)]
    pub(crate) trigger: Trigger,
    /// The order line, if the trigger fires per line.
    pub(crate) line: Option<String>,
    /// The verdict. Only explanations have `would_fire`, `newer` (the rule was created, or its trigger or scope was
    /// widened, after the event, so it was not read) and `waits` (the rule is judged when the prospect's timer ends).
    #[schema(schema_with = is)]
    pub(crate) is: &'static str,
    /// The reason, such as `condition 2 failed: coupon_code equals SPRING, was none`.
    pub(crate) why: String,
    /// The ids of the actions, if the rule fired.
    #[schema(value_type = Vec<String>)]
    pub(crate) actions: Vec<JobId>,
    /// The rule that took precedence, if there was one.
    #[schema(value_type = Option<String>)]
    pub(crate) other_rule: Option<RuleId>,
    /// The condition that failed, if one did.
    pub(crate) condition: Option<FailedView>,
    /// With `not_offered`, the part of the rule that its app does not offer. The trigger is missing for the action.
    #[schema(schema_with = words::missing_or_null)]
    pub(crate) missing: Option<Missing>,
    /// Targets and contacts of the rule for which another rule acts.
    pub(crate) left_out: Vec<LeftOutView>,
}

/// A target or contact of a rule for which another rule acts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeftOutView {
    /// The target, such as a tag, if the rule has several.
    pub(crate) target: Option<String>,
    /// The contact's address, if the rule has several: that of a gift's recipient, or the buyer's.
    pub(crate) recipient: Option<String>,
    /// `duplicate` or `superseded`.
    pub(crate) is: &'static str,
    /// The reason, in words.
    pub(crate) why: String,
    /// The rule that acts instead.
    #[schema(value_type = String)]
    pub(crate) other_rule: RuleId,
}

/// A condition that failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailedView {
    /// The condition's number, counted from 1.
    pub(crate) number: usize,
    /// The field that was compared.
    pub(crate) field: String,
    /// The operator of the comparison.
    pub(crate) operator: String,
    /// The value of the rule.
    pub(crate) expected: Value,
    /// The value of the fact.
    pub(crate) actual: Value,
}

impl VerdictView {
    /// A verdict that is not stored: the result of judging the rule now. It has no actions yet.
    pub(crate) fn now(trigger: Trigger, now: &JudgedNow) -> Self {
        let view = Self::of(trigger, &now.judged);
        let is = match (now.unstored, view.is) {
            (Unstored::NoRoom, _) | (_, "other_products") => return view,
            (Unstored::Newer, _) => "newer",
            (Unstored::Waits { .. }, _) => "waits",
            (Unstored::NotRead, "fired") => "would_fire",
            (Unstored::NotRead, is) => is,
        };
        Self { is, why: verdict::why_now(now), actions: Vec::new(), ..view }
    }

    pub(crate) fn of(trigger: Trigger, judged: &RuleVerdict) -> Self {
        let (mut actions, mut other_rule, mut condition, mut missing) = (Vec::new(), None, None, None);
        match &judged.verdict {
            Verdict::Fired { jobs } => actions.clone_from(jobs),
            Verdict::Duplicate { of: other } | Verdict::Superseded { by: other } => {
                other_rule = Some(other.clone());
            }
            Verdict::ConditionFailed { number, field, operator, expected, actual } => {
                let operator = serde_json::to_value(operator).unwrap_or_default();
                condition = Some(FailedView {
                    number: *number,
                    field: field.to_string(),
                    operator: operator.as_str().unwrap_or_default().to_owned(),
                    expected: expected.clone(),
                    actual: actual.clone(),
                });
            }
            Verdict::NotOffered { missing: part, .. } => missing = Some(*part),
            Verdict::Disabled | Verdict::OtherProducts => {}
        }
        Self {
            rule: judged.rule.clone(),
            trigger,
            line: judged.line.clone(),
            is: key(&judged.verdict),
            why: verdict::why(judged),
            actions,
            other_rule,
            condition,
            missing,
            left_out: judged.left_out.iter().map(|part| LeftOutView::of(&judged.rule, part)).collect(),
        }
    }
}

impl LeftOutView {
    pub(crate) fn of(rule: &RuleId, part: &LeftOut) -> Self {
        let (is, other) = match &part.why {
            Loss::Duplicate { of } => ("duplicate", of),
            Loss::Superseded { by } => ("superseded", by),
        };
        Self {
            target: part.target.clone(),
            recipient: part.recipient.clone(),
            is,
            why: verdict::loss(rule, &part.why),
            other_rule: other.clone(),
        }
    }
}

pub(crate) fn key(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Fired { .. } => "fired",
        Verdict::Disabled => "disabled",
        Verdict::OtherProducts => "other_products",
        Verdict::ConditionFailed { .. } => "condition_failed",
        Verdict::Duplicate { .. } => "duplicate",
        Verdict::Superseded { .. } => "superseded",
        Verdict::NotOffered { .. } => "not_offered",
    }
}

/// The keys of the verdicts.
pub(crate) fn is() -> Object {
    words::one_of([
        "fired",
        "disabled",
        "other_products",
        "condition_failed",
        "duplicate",
        "superseded",
        "not_offered",
        "would_fire",
        "newer",
        "waits",
    ])
}

/// The verdicts that are stored with an event.
pub(crate) fn verdicts(event: &EventRecord) -> Vec<VerdictView> {
    let all = event.verdicts.iter();
    all.flat_map(|(trigger, judged)| judged.iter().map(|judged| VerdictView::of(*trigger, judged))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_part_that_was_left_out_names_the_rule_that_acts() {
        let why = json!({ "is": "superseded", "by": "rul_2" });
        let judged = json!({
            "rule": "rul_1", "verdict": { "is": "fired", "jobs": [] },
            "left_out": [{ "target": "VIP", "why": why }],
        });
        let view = VerdictView::of(Trigger::OrderCompleted, &serde_json::from_value(judged).unwrap());
        let view = serde_json::to_value(view).unwrap();
        assert_eq!(
            view["left_out"],
            json!([{
                "target": "VIP", "recipient": null, "is": "superseded", "other_rule": "rul_2",
                "why": "rule rul_2 asks for the opposite, and removing wins",
            }])
        );
    }

    #[test]
    fn a_part_that_the_app_does_not_offer_has_a_code() {
        for missing in Missing::KEYS {
            let verdict = json!({ "is": "not_offered", "missing": missing, "what": "Kit has no action" });
            let judged = serde_json::from_value(json!({ "rule": "rul_1", "verdict": verdict })).unwrap();
            let view = serde_json::to_value(VerdictView::of(Trigger::OrderCompleted, &judged)).unwrap();
            assert_eq!((&view["is"], &view["missing"]), (&json!("not_offered"), &json!(missing)));
        }
    }
}
