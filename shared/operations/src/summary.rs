//! A summary of a marketplace for a period: its actions by status over time, and what needs the merchant. It is computed
//! from the Action Log on request, so events need no additional write.

mod count;
mod period;

use std::collections::{BTreeMap, BTreeSet};

use aws::store::{Ids, Span, Store, StoreError};
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId, RuleId};
use domain::integration::{Connection, Integration};
use domain::log::{JobRecord, Status};
use domain::pause::AppPause;
use futures::future::{try_join, try_join_all};
use jiff::{SignedDuration, Timestamp};

pub use self::count::{Bucket, Failing, Waiting};
pub use self::period::Period;

use self::count::Counted;
use crate::waits::{self, Waits};

/// The maximum number of actions that are counted, the newest first.
pub const MOST_ACTIONS: usize = 2_000;
/// The longest period.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);
/// The maximum number of deleted accounts whose actions are counted, those that were connected last.
const MOST_DISCONNECTED: i32 = 20;
/// The maximum number of rules and of actions that are named.
pub const MOST_NAMED: usize = 10;

/// The summary of a period.
#[derive(Debug)]
pub struct Summary {
    /// The number of actions that were counted.
    pub actions: usize,
    /// The time of the oldest fact whose actions were counted, if not all actions of the period were.
    pub read_since: Option<Timestamp>,
    /// The number of actions by status.
    pub statuses: BTreeMap<Status, usize>,
    /// The same over time, for every bucket of the period.
    pub buckets: Vec<Bucket>,
    /// The accounts that need to be reconnected, longest first, each with what waits.
    pub reconnect: Vec<(Integration, Waits)>,
    /// The rules with actions that failed, most first.
    pub failing: Vec<FailingRule>,
    /// The number of actions that failed today.
    pub failed_today: usize,
    /// The newest of them.
    pub newest_failed: Vec<JobRecord>,
    /// The apps and accounts whose calls are paused.
    pub paused: Vec<Paused>,
}

/// A rule with actions that failed.
#[derive(Debug)]
pub struct FailingRule {
    /// The rule.
    pub rule: RuleId,
    /// Whether it still exists.
    pub exists: bool,
    /// Its name.
    pub name: Option<String>,
    /// Its failures.
    pub failing: Failing,
}

/// Calls that are paused.
#[derive(Debug)]
pub struct Paused {
    /// The app.
    pub app: App,
    /// Why the calls are paused.
    pub cause: PauseCause,
    /// The actions that wait for it.
    pub waiting: Waiting,
}

/// Why calls are paused.
#[derive(Debug)]
pub enum PauseCause {
    /// The operator has paused the app for all marketplaces.
    Operator(AppPause),
    /// Calls of the account failed ten times in a row.
    Failures {
        /// The account.
        account: IntegrationId,
        /// Its label.
        label: String,
        /// When the next call is made.
        until: Timestamp,
    },
}

/// Summarizes a period. Tests of rules are not counted.
pub(crate) async fn summary(
    store: &Store,
    m: &MarketplaceId,
    period: Period,
    now: Timestamp,
) -> Result<Summary, StoreError> {
    let (accounts, deleted) =
        try_join(store.integrations(m, now), store.disconnected(m, MOST_DISCONNECTED, now)).await?;
    let ids = accounts.iter().map(|account| &account.id).chain(deleted.iter().map(|account| &account.id));
    let ids: Vec<_> = ids.collect::<BTreeSet<_>>().into_iter().cloned().collect();
    // One more than is counted shows whether there are more.
    let limit = MOST_ACTIONS + 1;
    let span = Span { since: Some(period.since), until: Some(period.until), after: None, limit };
    let is_real = |action: &JobRecord| !action.test;
    let (page, waits) =
        try_join(store.actions_in(m, &ids, &span, is_real, now), waits::of_each(store, &accounts, now))
            .await?;
    let is_exact = page.next.is_none() && page.items.len() <= MOST_ACTIONS;
    let mut actions = page.items;
    actions.truncate(MOST_ACTIONS);
    let read_since = actions.last().map(|oldest| oldest.occurred_at).filter(|_| !is_exact);
    let counted = Counted::of(&actions, period);
    let (failing, paused) =
        try_join(named(store, m, &counted, now), paused(store, &accounts, &actions)).await?;
    let mut reconnect: Vec<_> =
        accounts.into_iter().zip(waits).filter_map(|(account, waits)| Some((account, waits?))).collect();
    reconnect.sort_by_key(|(account, _)| match &account.connection {
        Connection::NeedsReconnect { since, .. } => *since,
        Connection::Connected => now,
    });
    Ok(Summary {
        actions: actions.len(),
        read_since,
        newest_failed: counted.failed_today.iter().take(MOST_NAMED).map(|action| (*action).clone()).collect(),
        failed_today: counted.failed_today.len(),
        statuses: counted.statuses,
        buckets: counted.buckets,
        reconnect,
        failing,
        paused,
    })
}

/// The rules with the most failures, with their names.
async fn named(
    store: &Store,
    m: &MarketplaceId,
    counted: &Counted<'_>,
    now: Timestamp,
) -> Result<Vec<FailingRule>, StoreError> {
    let worst = counted.failing.iter().take(MOST_NAMED);
    let ids = Ids { rules: worst.clone().map(|(id, _)| id.clone()).collect(), ..Ids::default() };
    let rules = store.named(m, &ids, now).await?.rules;
    let named = worst.map(|(id, failing)| {
        let rule = rules.iter().find(|rule| rule.id == *id);
        FailingRule {
            rule: id.clone(),
            exists: rule.is_some(),
            name: rule.and_then(|rule| rule.name.clone()),
            failing: failing.clone(),
        }
    });
    Ok(named.collect())
}

/// The pauses of apps that the marketplace has connected, and of its accounts.
async fn paused(
    store: &Store,
    accounts: &[Integration],
    actions: &[JobRecord],
) -> Result<Vec<Paused>, StoreError> {
    let mut apps: Vec<App> = accounts.iter().map(|account| account.app).collect();
    apps.sort_unstable();
    apps.dedup();
    let pauses = try_join_all(apps.iter().map(|app| store.app_pause(*app))).await?;
    let by_operator = apps.into_iter().zip(pauses).filter_map(|(app, pause)| {
        let waiting = Waiting::of(actions.iter().filter(|action| action.app == app));
        Some(Paused { app, cause: PauseCause::Operator(pause?), waiting })
    });
    let by_failures = accounts.iter().filter_map(|account| {
        let until = account.health.open_until?;
        let waiting = Waiting::of(actions.iter().filter(|action| action.integration == account.id));
        let (id, label) = (account.id.clone(), account.label.clone());
        Some(Paused { app: account.app, cause: PauseCause::Failures { account: id, label, until }, waiting })
    });
    Ok(by_operator.chain(by_failures).collect())
}
