//! Sending the actions of stored events again: of one event, or of all that a filter takes.

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
use operations::logs::{EventFilter, ListError};
use operations::replay::{self, Replay, ReplayRequest, RuleSource, Selection, Superseded};
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

/// As many events as one request looks at.
const MOST_EVENTS: usize = 200;

/// Which actions of an event are sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayOne {
    /// Only actions of that trigger.
    #[schema(schema_with = words::trigger_or_null)]
    trigger: Option<Trigger>,
    /// Only actions of that rule.
    #[schema(value_type = Option<String>, pattern = "^rul_[A-Za-z0-9_]{1,60}$")]
    rule: Option<RuleId>,
    /// Only actions that stand so; any, and those that were never tried, where absent or empty.
    #[schema(schema_with = words::status_list)]
    #[serde(default)]
    status: Vec<Status>,
    /// By which rules.
    #[serde(default)]
    rules: RulesView,
    /// Do what took effect a second time too.
    #[serde(default)]
    #[schema(default = false)]
    force: bool,
    /// Say what would be sent, and send nothing.
    #[serde(default)]
    #[schema(default = false)]
    dry: bool,
}

/// Which events' actions are sent again, and which actions of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayMany {
    /// Only facts that occurred from this time on.
    #[schema(format = DateTime, value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Only facts that occurred before this time.
    #[schema(format = DateTime, value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Only facts of that kind.
    #[schema(schema_with = words::kind_or_null)]
    kind: Option<FactKind>,
    /// Only facts about the buyer with this address.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 320)]
    email: Option<Address>,
    /// Only facts about this order.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256)]
    order_id: Option<ForeignId>,
    /// Only actions of that trigger.
    #[schema(schema_with = words::trigger_or_null)]
    trigger: Option<Trigger>,
    /// Only actions of that rule.
    #[schema(value_type = Option<String>, pattern = "^rul_[A-Za-z0-9_]{1,60}$")]
    rule: Option<RuleId>,
    /// Only actions that stand so; any, and those that were never tried, where absent or empty.
    #[schema(schema_with = words::status_list)]
    #[serde(default)]
    status: Vec<Status>,
    /// By which rules.
    #[serde(default)]
    rules: RulesView,
    /// Do what took effect a second time too.
    #[serde(default)]
    #[schema(default = false)]
    force: bool,
    /// Say what would be sent, and send nothing.
    #[serde(default)]
    #[schema(default = false)]
    dry: bool,
    /// The `next_cursor` of the request before, with the same filters; the newest events where absent.
    #[schema(min_length = 1, max_length = 1024)]
    cursor: Option<String>,
}

/// Which rules a replay goes by.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RulesView {
    /// As they are now: one that is new fires too, one that is gone does not.
    #[default]
    Now,
    /// What was sent then, even if a condition has changed since or the rule is switched off.
    Then,
}

/// What a replay comes to.
#[derive(Debug, Serialize, ToSchema)]
struct ReplayView {
    /// Whether nothing was sent.
    dry: bool,
    /// How many events were looked at.
    looked_at: usize,
    /// How many of them have actions that are sent.
    events: usize,
    /// The actions that are sent, or would be.
    actions: Vec<SentView>,
    /// Actions that took effect before and are not sent.
    took_effect: Vec<String>,
    /// Actions that wait, run or are held, and are not sent.
    under_way: Vec<String>,
    /// Actions that the rules cannot make again: the rule is deleted, or does something else now.
    gone: Vec<String>,
    /// Actions that a newer fact of the same buyer decided otherwise; they are not sent.
    superseded: Vec<SupersededView>,
    /// What the next request goes on with, as `cursor`; null where no more events are left.
    next_cursor: Option<String>,
}

/// An action that is sent.
#[derive(Debug, Serialize, ToSchema)]
struct SentView {
    /// Its id.
    id: String,
    /// The event that it is because of.
    event: String,
    /// The rule that asks for it.
    rule: String,
    /// The trigger that fired.
    trigger: String,
    /// The account it is done in.
    integration: String,
    /// That account's app.
    app: String,
    /// What is done.
    action: String,
    /// Whom it is about.
    email: String,
}

/// An action that a newer fact decided otherwise.
#[derive(Debug, Serialize, ToSchema)]
struct SupersededView {
    /// The action.
    action: String,
    /// The newer event; null where the buyer has more newer events than a replay reads.
    event: Option<String>,
    /// Why it is not sent.
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

/// Send the actions of one event again
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
    if api.store.event(m, &id, now).await?.is_none() {
        return Err(Problem::not_found("event"));
    }
    let dry = asked.dry;
    let replay = replay::prepare(&api.store, m, &[id], &asked.into(), now).await?;
    if !dry {
        replay::send(&replay, &api.queues).await?;
    }
    Ok(Json(ReplayView::of(&replay, 1, dry, None)))
}

/// Send the actions of many events again
///
/// One request looks at 200 events, the newest first; `next_cursor` goes on. With `dry` nothing is sent, and the answer says
/// what would be.
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
    let prepared = replay::pages::prepare(&api.store, m, &filter, &request, wanted, now).await;
    let prepared = prepared.map_err(|error| match error {
        // It stands in the body.
        ListError::Cursor(invalid) => Problem::from(invalid).under("/"),
        error @ ListError::Store(_) => error.into(),
    })?;
    if !dry {
        replay::send(&prepared.replay, &api.queues).await?;
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

/// The id of a run that is asked for now.
pub(super) fn run() -> RunId {
    RunId::new(clock::now(), &clock::unique())
}
