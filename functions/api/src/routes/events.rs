//! The events: published facts, with the verdict of each rule and the actions.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::fact::{Fact, FactKind};
use domain::id::{EventId, RuleId};
use domain::log::{EventRecord, Timer};
use domain::trigger::Trigger;
use domain::verdict::{LeftOut, Loss, RuleVerdict, Verdict};
use operations::log::EventFilter;
use operations::log::explain::{JudgedNow, Unstored};
use operations::log::unstarted::{Unstarted, unstarted};
use operations::log::verdict;
use runtime::clock;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::schema::Object;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::actions::ActionView;
use super::filters::{Facts, Phrase};
use crate::auth::Portal;
use crate::input::{Both, Ids, Params};
use crate::openapi::words;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::Api;

/// An event of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventRow {
    /// The event's id.
    id: String,
    /// The fact's name on the bus, such as `Order Completed`.
    detail_type: String,
    /// The producer's id of the fact, unique in the marketplace.
    fact_id: String,
    /// The buyer's email address.
    email: String,
    /// The order, if the fact is about one.
    order_id: Option<String>,
    /// When the fact occurred.
    #[schema(format = DateTime)]
    occurred_at: String,
    /// When the engine first received the fact.
    #[schema(format = DateTime)]
    received_at: String,
    /// The number of verdicts, by kind. `not_stored` counts verdicts for which the event had no room; the explanation
    /// judges their rules again.
    verdicts: BTreeMap<&'static str, usize>,
    /// The prospect's timer, if the fact started or joined one.
    timer: Option<TimerView>,
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
            id: event.id.to_string(),
            detail_type: event.detail_type.clone(),
            fact_id: event.fact_id.clone(),
            email: event.email.clone(),
            order_id: fact.as_ref().and_then(Fact::order_id).map(str::to_owned),
            occurred_at: event.occurred_at.to_string(),
            received_at: event.received_at.to_string(),
            verdicts,
            timer: event.timer.as_ref().map(TimerView::from),
        }
    }
}

/// A prospect's timer.
#[derive(Debug, Serialize, ToSchema)]
struct TimerView {
    /// The state of the timer.
    state: TimerState,
    /// When the timer ends or ended.
    #[schema(format = DateTime)]
    fires_at: Option<String>,
    /// With `joined`, the event of the earlier prospect; with `bought`, the event of the purchase.
    event: Option<String>,
}

/// The state of a prospect's timer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TimerState {
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
            Timer::Joined { event, .. } => (TimerState::Joined, None, Some(event.to_string())),
            Timer::Fired { at } => (TimerState::Fired, Some(at.to_string()), None),
            Timer::Bought { event } => (TimerState::Bought, None, Some(event.to_string())),
        };
        Self { state, fires_at, event }
    }
}

/// An event with its verdicts and actions.
#[derive(Debug, Serialize, ToSchema)]
struct EventView {
    /// The fields of the list.
    event: EventRow,
    /// The fact as it was published.
    #[schema(value_type = Object)]
    detail: Value,
    /// Notes on how the event was processed: the earlier prospect that it joined, why the fact fires no trigger, what a
    /// refund leaves unchanged, and texts of the fact that were truncated.
    notes: Vec<String>,
    /// The verdicts that are stored, one for each rule that was read. An event has room for a limited number.
    verdicts: Vec<VerdictView>,
    /// The actions, with every attempt.
    actions: Vec<ActionView>,
    /// Actions that were queued and have not started.
    not_started: Vec<UnstartedView>,
}

/// An action that has not started.
#[derive(Debug, Serialize, ToSchema)]
struct UnstartedView {
    /// The action's id, with which it can be retried.
    id: String,
    /// The rule that requested the action.
    rule: String,
    /// The trigger that fired.
    trigger: String,
    /// The order line, if the trigger fires per line.
    line: Option<String>,
    /// Whether the action is late, so that its message may be lost. A retry sends it again.
    late: bool,
    /// The state of the action, in words.
    message: &'static str,
}

impl From<&Unstarted> for UnstartedView {
    fn from(unstarted: &Unstarted) -> Self {
        Self {
            id: unstarted.job.to_string(),
            rule: unstarted.rule.to_string(),
            trigger: unstarted.trigger.key().to_owned(),
            line: unstarted.line.clone(),
            late: unstarted.late,
            message: unstarted.message(),
        }
    }
}

/// The verdict on a rule.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VerdictView {
    /// The rule.
    pub(super) rule: String,
    /// The trigger that fired.
    trigger: String,
    /// The order line, if the trigger fires per line.
    line: Option<String>,
    /// The verdict. Only explanations have `would_fire`, `newer` (the rule was created, or its trigger or scope was
    /// widened, after the event, so it was not read) and `waits` (the rule is judged when the prospect's timer ends).
    #[schema(schema_with = is)]
    is: &'static str,
    /// The reason, such as `condition 2 failed: coupon_code equals SPRING, was none`.
    why: String,
    /// The ids of the actions, if the rule fired.
    actions: Vec<String>,
    /// The rule that took precedence, if there was one.
    other_rule: Option<String>,
    /// The condition that failed, if one did.
    condition: Option<FailedView>,
    /// Targets and contacts of the rule for which another rule acts.
    left_out: Vec<LeftOutView>,
}

/// A target or contact of a rule for which another rule acts.
#[derive(Debug, Serialize, ToSchema)]
struct LeftOutView {
    /// The target, such as a tag, if the rule has several.
    target: Option<String>,
    /// The contact's address, if the rule has several: that of a gift's recipient, or the buyer's.
    recipient: Option<String>,
    /// `duplicate` or `superseded`.
    is: &'static str,
    /// The reason, in words.
    why: String,
    /// The rule that acts instead.
    other_rule: String,
}

/// A condition that failed.
#[derive(Debug, Serialize, ToSchema)]
struct FailedView {
    /// The condition's number, counted from 1.
    number: usize,
    /// The field that was compared.
    field: String,
    /// The operator of the comparison.
    operator: String,
    /// The value of the rule.
    expected: Value,
    /// The value of the fact.
    actual: Value,
}

impl VerdictView {
    /// A verdict that is not stored: the result of judging the rule now. It has no actions yet.
    pub(super) fn now(trigger: Trigger, now: &JudgedNow) -> Self {
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

    pub(super) fn of(trigger: Trigger, judged: &RuleVerdict) -> Self {
        let (mut actions, mut other_rule, mut condition) = (Vec::new(), None, None);
        match &judged.verdict {
            Verdict::Fired { jobs } => actions = jobs.iter().map(ToString::to_string).collect(),
            Verdict::Duplicate { of: other } | Verdict::Superseded { by: other } => {
                other_rule = Some(other.to_string());
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
            Verdict::Disabled | Verdict::OtherProducts | Verdict::NotOffered { .. } => {}
        }
        Self {
            rule: judged.rule.to_string(),
            trigger: trigger.key().to_owned(),
            line: judged.line.clone(),
            is: key(&judged.verdict),
            why: verdict::why(judged),
            actions,
            other_rule,
            condition,
            left_out: judged.left_out.iter().map(|part| LeftOutView::of(&judged.rule, part)).collect(),
        }
    }
}

impl LeftOutView {
    fn of(rule: &RuleId, part: &LeftOut) -> Self {
        let (is, other) = match &part.why {
            Loss::Duplicate { of } => ("duplicate", of),
            Loss::Superseded { by } => ("superseded", by),
        };
        Self {
            target: part.target.clone(),
            recipient: part.recipient.clone(),
            is,
            why: verdict::loss(rule, &part.why),
            other_rule: other.to_string(),
        }
    }
}

fn key(verdict: &Verdict) -> &'static str {
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
fn is() -> Object {
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

/// Filters of the events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Query {
    /// Return only events of this kind of fact.
    #[param(schema_with = words::kind)]
    kind: Option<FactKind>,
    /// Return only events whose fact fires this trigger.
    #[param(schema_with = words::trigger)]
    trigger: Option<Trigger>,
    /// Return only events for which a rule fired (`true`) or for which none did (`false`).
    fired: Option<bool>,
    /// Return only events whose fact contains this text.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200)]
    q: Option<Phrase>,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// List events, newest first
///
/// A page may be short or empty while more results follow. Continue until `next_cursor` is null.
#[utoipa::path(
    get, path = "/v1/events", tag = "events", params(Query, Facts, PageQuery),
    responses((status = 200, body = Page<EventRow>))
)]
async fn list(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Params(Both(query, Both(facts, ask))): Params<Both<Query, Both<Facts, PageQuery>>>,
) -> Result<Json<Page<EventRow>>, Problem> {
    let filter = EventFilter {
        kind: query.kind,
        trigger: query.trigger,
        fired: query.fired,
        text: query.q.map(String::from),
        ..facts.into()
    };
    let page = api.engine.log().events(portal.marketplace(), &filter, ask.wanted(), clock::now()).await?;
    Ok(Json(Page::of(&page)))
}

/// Retrieve an event with its verdicts and actions
#[utoipa::path(
    get, path = "/v1/events/{event}", tag = "events",
    responses((status = 200, body = EventView))
)]
async fn show(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<EventId>,
) -> Result<Json<EventView>, Problem> {
    let now = clock::now();
    let (event, actions) = api.engine.log().event_with_actions(portal.marketplace(), &id, now).await?;
    let event = event.ok_or_else(|| Problem::not_found("event"))?;
    Ok(Json(EventView {
        notes: api.engine.log().notes(portal.marketplace(), &event, now).await?,
        detail: serde_json::from_str(&event.detail).unwrap_or_default(),
        verdicts: verdicts(&event),
        actions: actions.iter().map(ActionView::from).collect(),
        not_started: unstarted(&event, &actions, now).iter().map(UnstartedView::from).collect(),
        event: (&event).into(),
    }))
}

/// The verdicts that are stored with an event.
pub(super) fn verdicts(event: &EventRecord) -> Vec<VerdictView> {
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
}
