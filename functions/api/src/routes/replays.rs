//! Replays: sending the actions of stored events again, of one event or of all events that match a filter.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::fact::FactKind;
use domain::id::{EventId, JobId, RuleId};
use domain::job::Job;
use domain::log::Status;
use domain::page::Wanted;
use domain::run::RunId;
use domain::trigger::Trigger;
use jiff::Timestamp;
use operations::ListError;
use operations::log::EventFilter;
use operations::replays::{Replay, ReplayRequest, RuleSource, Selection, Superseded};
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::filters::{Address, Facts, ForeignId};
use crate::auth::Editor;
use crate::input::{Ids, Input};
use crate::openapi::words;
use crate::problem::Problem;
use crate::state::Api;

/// The maximum number of events that one request reads.
const MOST_EVENTS: usize = 200;

/// The actions of an event to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayOne {
    /// Send only actions of this trigger.
    #[schema(schema_with = words::trigger_or_null)]
    trigger: Option<Trigger>,
    /// Send only actions of this rule.
    #[schema(value_type = Option<String>, pattern = "^rul_[A-Za-z0-9_]{1,60}$")]
    rule: Option<RuleId>,
    /// Send only actions with one of these statuses. If absent or empty, actions with any status and actions that never
    /// started are sent.
    #[schema(schema_with = words::status_list)]
    #[serde(default)]
    status: Vec<Status>,
    /// The rules that decide which actions are sent.
    #[serde(default)]
    rules: RulesView,
    /// Also send actions that already succeeded.
    #[serde(default)]
    #[schema(default = false)]
    force: bool,
    /// Return the actions that would be sent, and send none.
    #[serde(default)]
    #[schema(default = false)]
    dry: bool,
}

/// The events and actions to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayMany {
    /// Include only facts that occurred at this time or later.
    #[schema(format = DateTime, value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Include only facts that occurred before this time.
    #[schema(format = DateTime, value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Include only facts of this kind.
    #[schema(schema_with = words::kind_or_null)]
    kind: Option<FactKind>,
    /// Include only facts of the buyer with this email address.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 320)]
    email: Option<Address>,
    /// Include only facts about this order.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256)]
    order_id: Option<ForeignId>,
    /// Send only actions of this trigger.
    #[schema(schema_with = words::trigger_or_null)]
    trigger: Option<Trigger>,
    /// Send only actions of this rule.
    #[schema(value_type = Option<String>, pattern = "^rul_[A-Za-z0-9_]{1,60}$")]
    rule: Option<RuleId>,
    /// Send only actions with one of these statuses. If absent or empty, actions with any status and actions that never
    /// started are sent.
    #[schema(schema_with = words::status_list)]
    #[serde(default)]
    status: Vec<Status>,
    /// The rules that decide which actions are sent.
    #[serde(default)]
    rules: RulesView,
    /// Also send actions that already succeeded.
    #[serde(default)]
    #[schema(default = false)]
    force: bool,
    /// Return the actions that would be sent, and send none.
    #[serde(default)]
    #[schema(default = false)]
    dry: bool,
    /// The `next_cursor` of the previous response, with the same filters. If absent, the newest events are read first.
    #[schema(min_length = 1, max_length = 1024)]
    cursor: Option<String>,
}

/// The version of the rules that a replay uses.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RulesView {
    /// The current rules: new rules fire too, deleted rules do not.
    #[default]
    Now,
    /// The actions that were sent then, even if a condition has changed since or the rule is disabled.
    Then,
}

/// The result of a replay.
#[derive(Debug, Serialize, ToSchema)]
struct ReplayView {
    /// Whether this was a dry run, so that nothing was sent.
    dry: bool,
    /// The number of events that were read.
    looked_at: usize,
    /// The number of these events that have actions to send.
    events: usize,
    /// The actions that were sent or, in a dry run, would be sent.
    actions: Vec<SentView>,
    /// The actions that already succeeded and are skipped.
    took_effect: Vec<String>,
    /// The actions that wait, run or are held, and are skipped.
    under_way: Vec<String>,
    /// The actions that cannot be built again, because the rule is deleted or no longer requests them.
    gone: Vec<String>,
    /// The actions that a newer fact of the same buyer superseded. They are skipped.
    superseded: Vec<SupersededView>,
    /// The `cursor` of the next request. Null if no more events are left.
    next_cursor: Option<String>,
}

/// An action of a replay.
#[derive(Debug, Serialize, ToSchema)]
struct SentView {
    /// The action's id.
    id: String,
    /// The event that led to the action.
    event: String,
    /// The rule that requests the action.
    rule: String,
    /// The trigger that fired.
    trigger: String,
    /// The account in which the action is performed.
    integration: String,
    /// The account's app.
    app: String,
    /// The kind of action, as the app's manifest names it.
    action: String,
    /// The contact's address: the buyer's, or that of the recipient of a gift.
    email: String,
}

/// An action that a newer fact superseded.
#[derive(Debug, Serialize, ToSchema)]
struct SupersededView {
    /// The action's id.
    action: String,
    /// The newer event. Null if the buyer has more newer events than a replay reads.
    event: Option<String>,
    /// The reason why the action is skipped.
    reason: String,
}

impl From<&Superseded> for SupersededView {
    fn from(superseded: &Superseded) -> Self {
        Self {
            action: superseded.job.to_string(),
            event: superseded.by.map(|event| event.to_string()),
            reason: superseded.reason.clone(),
        }
    }
}

impl From<Job> for SentView {
    fn from(job: Job) -> Self {
        Self {
            id: job.id.to_string(),
            event: job.id.event.to_string(),
            rule: job.rule.to_string(),
            trigger: job.trigger.key().to_owned(),
            integration: job.integration.to_string(),
            app: job.app.key().to_owned(),
            action: job.action,
            email: job.contact.email,
        }
    }
}

impl ReplayView {
    fn of(replay: &Replay, looked_at: usize, dry: bool, next_cursor: Option<String>) -> Self {
        let ids = |jobs: &[JobId]| jobs.iter().map(ToString::to_string).collect();
        Self {
            dry,
            looked_at,
            events: replay.events(),
            actions: replay.jobs().map(SentView::from).collect(),
            took_effect: ids(&replay.done),
            under_way: ids(&replay.under_way),
            gone: replay.gone.iter().map(|gone| gone.job.to_string()).collect(),
            superseded: replay.superseded.iter().map(SupersededView::from).collect(),
            next_cursor,
        }
    }
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(replay_one)).routes(routes!(replay_many))
}

/// Replay the actions of an event
///
/// Actions that already succeeded are skipped unless `force` is set. Superseded actions are never sent.
#[utoipa::path(
    post, path = "/v1/events/{event}/replay", tag = "events",
    request_body = ReplayOne,
    responses((status = 200, body = ReplayView))
)]
async fn replay_one(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<EventId>,
    Input(asked): Input<ReplayOne>,
) -> Result<Json<ReplayView>, Problem> {
    let (m, now) = (editor.marketplace(), clock::now());
    if api.engine.log().event(m, &id, now).await?.is_none() {
        return Err(Problem::not_found("event"));
    }
    let dry = asked.dry;
    let engine = editor.engine(&api);
    let replay = engine.replays().prepare(m, &[id], &asked.into(), now).await?;
    if !dry {
        engine.replays().send(m, &replay, now).await?;
    }
    Ok(Json(ReplayView::of(&replay, 1, dry, None)))
}

/// Replay the actions of many events
///
/// A request reads up to 200 events, the newest first. Continue with `next_cursor` as `cursor` until it is null. With
/// `dry`, nothing is sent, and the response has the actions that would be sent.
#[utoipa::path(
    post, path = "/v1/replays", tag = "events", request_body = ReplayMany,
    responses((status = 200, body = ReplayView))
)]
async fn replay_many(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Input(asked): Input<ReplayMany>,
) -> Result<Json<ReplayView>, Problem> {
    let (m, now) = (editor.marketplace(), clock::now());
    let ReplayMany { from, to, kind, email, order_id, trigger, rule, status, rules, force, dry, cursor } =
        asked;
    let filter = EventFilter { kind, trigger, ..Facts { from, to, email, order_id }.into() };
    let request = ReplayOne { trigger, rule, status, rules, force, dry }.into();
    let wanted = Wanted { cursor: cursor.as_deref(), limit: MOST_EVENTS };
    let engine = editor.engine(&api);
    let prepared = engine.replays().prepare_page(m, &filter, &request, wanted, now).await;
    let prepared = prepared.map_err(|error| match error {
        // In this request, the cursor is a field of the body.
        ListError::Cursor(invalid) => Problem::from(invalid).under("/"),
        error @ ListError::Store(_) => error.into(),
    })?;
    if !dry {
        engine.replays().send(m, &prepared.replay, now).await?;
    }
    Ok(Json(ReplayView::of(&prepared.replay, prepared.looked_at, dry, prepared.next_cursor)))
}

impl From<ReplayOne> for ReplayRequest {
    fn from(asked: ReplayOne) -> Self {
        let ReplayOne { trigger, rule, status: statuses, rules, force: forced, dry: _ } = asked;
        let by = match rules {
            RulesView::Now => RuleSource::Current,
            RulesView::Then => RuleSource::AsSent,
        };
        Self { selection: Selection { trigger, rule, job: None, statuses }, by, forced, run: run() }
    }
}

/// The id of a replay that starts now.
pub(super) fn run() -> RunId {
    RunId::new(clock::now(), &clock::unique())
}
