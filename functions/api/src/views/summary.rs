//! The summary of a marketplace.

use std::collections::BTreeMap;

use domain::integration::{Connection, Integration};
use domain::log::Status;
use domain::outcome::Fix;
use operations::summary::{Bucket, FailingRule, PauseCause, Paused, Period, Summary};
use operations::waits::Waits;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::words;
use crate::views::actions::ActionView;
use crate::views::waits::WaitsView;

/// The number of actions by status, for the statuses that occur.
pub(crate) type Statuses = BTreeMap<&'static str, usize>;

/// The summary of a period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SummaryView {
    /// When the period begins.
    #[schema(format = DateTime)]
    since: String,
    /// When the period ends.
    #[schema(format = DateTime)]
    until: String,
    /// The length of a bucket in seconds: an hour if the period is shorter than two days, or else a day of 24 hours.
    bucket_seconds: i64,
    /// Whether all actions of the period were counted. If false, the newest 2,000 were, or those of the newest 4,000
    /// events.
    exact: bool,
    /// If not all actions were counted, the time since which all actions were. Failures and waits include older ones.
    #[schema(format = DateTime)]
    read_since: Option<String>,
    /// The number of actions that were counted.
    #[schema(minimum = 0)]
    actions: usize,
    /// The number of actions by status. Statuses that do not occur are omitted.
    #[schema(value_type = BTreeMap<String, usize>)]
    statuses: Statuses,
    /// The same over time, by the time of the facts, oldest first.
    buckets: Vec<BucketView>,
    /// The accounts that need to be reconnected, longest first.
    reconnect: Vec<ReconnectView>,
    /// The rules with actions that were rejected or exhausted, most first; 10 at most.
    failing_rules: Vec<FailingRuleView>,
    /// The actions of the period that were rejected or exhausted today.
    pub(crate) failed_today: FailedView,
    /// The apps and accounts whose calls are paused.
    paused: Vec<PausedView>,
}

/// The actions of a part of the period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SummaryBucketView)]
pub(crate) struct BucketView {
    /// When the part begins.
    #[schema(format = DateTime)]
    start: String,
    /// The number of actions by status. Statuses that do not occur are omitted.
    #[schema(value_type = BTreeMap<String, usize>)]
    statuses: Statuses,
}

/// An account that needs to be reconnected.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReconnectView {
    /// The account's id.
    integration: String,
    /// The merchant's own name for the account.
    label: String,
    /// The account's app.
    #[schema(schema_with = words::app)]
    app: &'static str,
    /// The time since which the app refuses the credentials.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// The app's message.
    reason: Option<String>,
    /// How to resolve the problem.
    hint: Option<String>,
    /// The actions that wait until then.
    waits: WaitsView,
}

/// A rule with actions that were rejected or exhausted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailingRuleView {
    /// The rule's id.
    rule: String,
    /// The merchant's own name for the rule.
    name: Option<String>,
    /// Whether the rule still exists.
    exists: bool,
    /// The number of these actions.
    count: usize,
    /// The action that failed last.
    last: LastFailureView,
}

/// The last failure of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastFailureView {
    /// The action's id.
    action: String,
    /// The event that led to the action.
    event: String,
    /// When the action ended.
    #[schema(format = DateTime)]
    at: String,
    /// The status of the action.
    #[schema(schema_with = words::status)]
    status: &'static str,
    /// The action's account.
    integration: String,
    /// The reason for the status.
    message: Option<String>,
    /// How to resolve the problem.
    hint: Option<String>,
    /// The part that has to change before the action can succeed.
    #[schema(schema_with = words::fix_or_null)]
    fix: Option<&'static str>,
}

/// Actions that were rejected or exhausted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SummaryFailedView)]
pub(crate) struct FailedView {
    /// Their number.
    #[schema(minimum = 0)]
    count: usize,
    /// The newest of them, 10 at most.
    pub(crate) actions: Vec<ActionView>,
}

/// Calls that are paused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PausedView {
    /// The app.
    #[schema(schema_with = words::app)]
    app: &'static str,
    /// The account. Null if the whole app is paused.
    integration: Option<String>,
    /// The account's label.
    label: Option<String>,
    /// Why the calls are paused.
    cause: CauseView,
    /// When the operator paused the app.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// When the next call of the account is made.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// The operator's reason.
    note: Option<String>,
    /// The number of actions of the period that wait.
    #[schema(minimum = 0)]
    waiting: usize,
    /// The earliest next attempt of these actions.
    #[schema(format = DateTime)]
    next_attempt: Option<String>,
}

/// Why calls are paused.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PauseCause)]
pub(crate) enum CauseView {
    /// The operator has paused the app for all marketplaces.
    Operator,
    /// Calls of the account failed ten times in a row.
    Failures,
}

fn statuses(counts: &BTreeMap<Status, usize>) -> Statuses {
    counts.iter().map(|(status, count)| (status.key(), *count)).collect()
}

impl From<&Bucket> for BucketView {
    fn from(bucket: &Bucket) -> Self {
        Self { start: bucket.start.to_string(), statuses: statuses(&bucket.statuses) }
    }
}

impl ReconnectView {
    fn of(account: &Integration, waits: &Waits) -> Self {
        let (since, reason) = match &account.connection {
            Connection::NeedsReconnect { since, reason } => (Some(since.to_string()), Some(reason)),
            Connection::Connected => (None, None),
        };
        Self {
            integration: account.id.to_string(),
            label: account.label.clone(),
            app: account.app.key(),
            since,
            reason: reason.map(|reason| reason.message.clone()),
            hint: reason.and_then(|reason| reason.hint.clone()),
            waits: waits.into(),
        }
    }
}

impl From<&FailingRule> for FailingRuleView {
    fn from(rule: &FailingRule) -> Self {
        let last = &rule.failing.last;
        Self {
            rule: rule.rule.to_string(),
            name: rule.name.clone(),
            exists: rule.exists,
            count: rule.failing.count,
            last: LastFailureView {
                action: last.id.to_string(),
                event: last.id.event.to_string(),
                at: last.updated_at.to_string(),
                status: last.status.key(),
                integration: last.integration.to_string(),
                message: last.reason.as_ref().map(|reason| reason.message.clone()),
                hint: last.reason.as_ref().and_then(|reason| reason.hint.clone()),
                fix: last.reason.as_ref().and_then(|reason| reason.fix).map(Fix::key),
            },
        }
    }
}

impl From<&Paused> for PausedView {
    fn from(paused: &Paused) -> Self {
        let view = Self {
            app: paused.app.key(),
            integration: None,
            label: None,
            cause: CauseView::Operator,
            since: None,
            until: None,
            note: None,
            waiting: paused.waiting.actions,
            next_attempt: paused.waiting.next_attempt.map(|at| at.to_string()),
        };
        match &paused.cause {
            PauseCause::Operator(pause) => Self {
                since: Some(pause.since.to_string()),
                note: Some(pause.note.as_str().to_owned()),
                ..view
            },
            PauseCause::Failures { account, label, until } => Self {
                integration: Some(account.to_string()),
                label: Some(label.clone()),
                cause: CauseView::Failures,
                until: Some(until.to_string()),
                ..view
            },
        }
    }
}

impl SummaryView {
    pub(crate) fn of(summary: &Summary, period: Period) -> Self {
        let (accounts, newest_failed) = (summary.reconnect.iter(), summary.newest_failed.iter());
        Self {
            since: period.since.to_string(),
            until: period.until.to_string(),
            bucket_seconds: period.bucket().as_secs(),
            exact: summary.read_since.is_none(),
            read_since: summary.read_since.map(|at| at.to_string()),
            actions: summary.actions,
            statuses: statuses(&summary.statuses),
            buckets: summary.buckets.iter().map(BucketView::from).collect(),
            reconnect: accounts.map(|(account, waits)| ReconnectView::of(account, waits)).collect(),
            failing_rules: summary.failing.iter().map(FailingRuleView::from).collect(),
            failed_today: FailedView {
                count: summary.failed_today,
                actions: newest_failed.map(ActionView::from).collect(),
            },
            paused: summary.paused.iter().map(PausedView::from).collect(),
        }
    }
}
