//! A summary of a marketplace for a period: its actions by status over time, and what needs the merchant. It is computed
//! from the Action Log on request, so events need no additional write.

mod count;
mod period;

use std::collections::BTreeMap;

use aws::store::{Ids, Recent, Store, StoreError};
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
/// The maximum number of rules and of actions that are named.
pub const MOST_NAMED: usize = 10;

/// The summary of a period.
#[derive(Debug)]
pub struct Summary {
    /// The number of actions that were counted.
    pub actions: usize,
    /// If not all actions of the period were counted, the time since which all were. The failures include older ones.
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
    let waiting = async {
        let accounts = store.integrations(m, now).await?;
        let waits = waits::of_each(store, &accounts, now).await?;
        Ok((accounts, waits))
    };
    let recent = store.recent_actions(m, Some(period.since), Some(period.until), MOST_ACTIONS, now);
    let (Recent { mut actions, read_since, mut older_exceptions }, (accounts, waits)) =
        try_join(recent, waiting).await?;
    for list in [&mut actions, &mut older_exceptions] {
        list.retain(|action| !action.test);
    }
    let exceptions: Vec<_> =
        actions.iter().chain(&older_exceptions).filter(|action| action.is_exception()).collect();
    let counted = Counted::of(&actions, &exceptions, period);
    let (failing, paused) =
        try_join(named(store, m, &counted, now), paused(store, &accounts, &exceptions)).await?;
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
    exceptions: &[&JobRecord],
) -> Result<Vec<Paused>, StoreError> {
    let mut apps: Vec<App> = accounts.iter().map(|account| account.app).collect();
    apps.sort_unstable();
    apps.dedup();
    let pauses = try_join_all(apps.iter().map(|app| store.app_pause(*app))).await?;
    let by_operator = apps.into_iter().zip(pauses).filter_map(|(app, pause)| {
        let waiting = Waiting::of(exceptions.iter().copied().filter(|action| action.app == app));
        Some(Paused { app, cause: PauseCause::Operator(pause?), waiting })
    });
    let by_failures = accounts.iter().filter_map(|account| {
        let until = account.health.open_until?;
        let of_account = exceptions.iter().copied().filter(|action| action.integration == account.id);
        let waiting = Waiting::of(of_account);
        let (id, label) = (account.id.clone(), account.label.clone());
        Some(Paused { app: account.app, cause: PauseCause::Failures { account: id, label, until }, waiting })
    });
    Ok(by_operator.chain(by_failures).collect())
}
