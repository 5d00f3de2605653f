//! Keeps each account within the number of concurrent calls that its app allows. Every function has a [`Window`] of its
//! own for an account, so a call costs no write.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::concurrency::{End, Place, Wait, Window};
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Integration;
use domain::manifest::Catalog;
use domain::outcome::{Outcome, Reason, Setback};
use jiff::{SignedDuration, Timestamp};
use runtime::clock;
use tokio::sync::Notify;

/// The number of accounts whose windows a function keeps; if there are more, all are forgotten.
const MOST: usize = 1_000;
/// The longest that a function waits for a time that the app returned; for a longer wait, the message returns to its
/// queue.
const PATIENCE: SignedDuration = SignedDuration::from_secs(2);

/// The windows of the accounts that this function has called.
#[derive(Debug, Default)]
pub struct Windows(Mutex<HashMap<(MarketplaceId, IntegrationId), Arc<AccountWindow>>>);

impl Windows {
    /// Makes a job's call as soon as its account's window has a place. A call that the app refuses for now is repeated
    /// when the window has a place again. The job waits for a place for half of `limit`; the rest is for the call.
    pub(crate) async fn run(
        &self,
        account: &Integration,
        limit: Duration,
        call: impl AsyncFn() -> Outcome,
    ) -> Outcome {
        let Some(gate) = self.of(account) else { return call().await };
        let last = later(clock::now(), limit / 2);
        let mut refused = None;
        while let Some(turn) = gate.turn(last).await {
            let outcome = call().await;
            let Outcome::Failed(Setback::RateLimited { until, reason }) = outcome else {
                turn.end(end_of(&outcome));
                return outcome;
            };
            turn.end(End::Refused);
            if until > later(clock::now(), PATIENCE) || until > last {
                return Setback::RateLimited { until, reason }.into();
            }
            tokio::time::sleep(between(clock::now(), until)).await;
            refused = Some(reason);
        }
        // Only this job waits, and a place may become free at any moment.
        let app = account.app.label();
        let reason =
            refused.unwrap_or_else(|| Reason::new(format!("{app} allows no more concurrent calls for now.")));
        Setback::RateLimited { until: clock::now(), reason }.into()
    }

    /// The window of an account; `None` if its app has no limit of concurrent calls.
    fn of(&self, account: &Integration) -> Option<Arc<AccountWindow>> {
        let limit = Catalog::built_in().manifest(account.app)?.method(&account.method)?.concurrency?;
        let key = (account.marketplace.clone(), account.id.clone());
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if gates.len() >= MOST && !gates.contains_key(&key) {
            gates.clear();
        }
        Some(Arc::clone(
            gates.entry(key).or_insert_with(|| Arc::new(AccountWindow::new(limit, clock::now()))),
        ))
    }
}

/// One account's window, and the jobs that wait for it.
#[derive(Debug)]
struct AccountWindow {
    window: Mutex<Window>,
    ended: Notify,
}

impl AccountWindow {
    fn new(limit: u32, now: Timestamp) -> Self {
        Self { window: Mutex::new(Window::new(limit, now)), ended: Notify::new() }
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place in the window; `None`: no place became free before `last`.
    async fn turn(&self, last: Timestamp) -> Option<Turn<'_>> {
        loop {
            let ended = self.ended.notified();
            let now = clock::now();
            let wake = match self.window().start(now) {
                Ok(place) => return Some(Turn { gate: self, place, end: End::Unknown }),
                Err(Wait::Until(until)) => until,
                Err(Wait::ForCall) => last,
            };
            if now >= last {
                return None;
            }
            // The end of a call may free a place before that time. In both cases the window is checked again.
            drop(tokio::time::timeout(between(now, wake.min(last)), ended).await);
        }
    }
}

/// A call in progress. It ends when this value is dropped, also if the call is canceled.
#[derive(Debug)]
struct Turn<'a> {
    gate: &'a AccountWindow,
    place: Place,
    end: End,
}

impl Turn<'_> {
    fn end(mut self, end: End) {
        self.end = end;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.gate.window().end(self.end, self.place, clock::jitter(), clock::now());
        self.gate.ended.notify_waiters();
    }
}

/// How an outcome counts for the app's limit.
fn end_of(outcome: &Outcome) -> End {
    match outcome {
        Outcome::Done { .. }
        | Outcome::AlreadySo { .. }
        | Outcome::Failed(Setback::PreconditionMissing { .. } | Setback::Rejected { .. }) => End::Accepted,
        Outcome::Failed(Setback::RateLimited { .. }) => End::Refused,
        Outcome::Failed(Setback::Transient { .. } | Setback::ReconnectNeeded { .. }) => End::Unknown,
    }
}

fn later(from: Timestamp, wait: impl TryInto<SignedDuration>) -> Timestamp {
    wait.try_into()
        .ok()
        .and_then(|wait: SignedDuration| from.checked_add(wait).ok())
        .unwrap_or(Timestamp::MAX)
}

fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use domain::app::App;
    use futures::future::join_all;
    use serde_json::json;

    use super::*;

    fn account(app: App, method: &str) -> Integration {
        serde_json::from_value(json!({
            "id": "int_1", "marketplace": "shop-1", "app": app, "label": "Main", "method": method,
            "credentials": "", "connection": { "state": "connected" }, "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    /// An app that allows two concurrent calls.
    #[derive(Default)]
    struct Narrow {
        inside: AtomicU32,
        most: AtomicU32,
        calls: AtomicU32,
        done: AtomicU32,
    }

    impl Narrow {
        async fn call(&self) -> Outcome {
            self.calls.fetch_add(1, Ordering::Relaxed);
            let inside = self.inside.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(inside, Ordering::Relaxed);
            let outcome = if inside > 2 {
                Setback::rate_limited(clock::now(), "Too many.").into()
            } else {
                tokio::time::sleep(Duration::from_millis(5)).await;
                self.done.fetch_add(1, Ordering::Relaxed);
                Outcome::DONE
            };
            self.inside.fetch_sub(1, Ordering::Relaxed);
            outcome
        }
    }

    #[tokio::test]
    async fn jobs_that_the_app_refuses_are_performed_within_the_function() {
        let (windows, app) = (Windows::default(), Narrow::default());
        let account = account(App::Mailchimp, "api_key");
        let job = || windows.run(&account, Duration::from_secs(50), async || app.call().await);
        assert_eq!(join_all((0..40).map(|_| job())).await, vec![Outcome::DONE; 40]);
        let (most, calls) = (app.most.into_inner(), app.calls.into_inner());
        assert!(most == 3 && calls <= 43, "{most} at once, {calls} calls");
    }

    #[tokio::test]
    async fn an_account_of_an_app_without_such_a_limit_is_called_as_often_as_there_are_jobs() {
        let (windows, app) = (Windows::default(), Narrow::default());
        let account = account(App::Kit, "oauth");
        let job = || windows.run(&account, Duration::from_secs(50), async || app.call().await);
        join_all((0..10).map(|_| job())).await;
        assert_eq!((app.most.into_inner(), app.calls.into_inner()), (3, 10));
    }

    #[tokio::test]
    async fn a_job_whose_turn_does_not_come_in_time_makes_no_call_and_returns_to_its_queue() {
        let (windows, app) = (Windows::default(), Narrow::default());
        let account = account(App::Mailchimp, "api_key");
        let stuck = windows.run(&account, Duration::from_secs(50), async || std::future::pending().await);
        let job = windows.run(&account, Duration::ZERO, async || app.call().await);
        tokio::select! {
            biased;
            _ = stuck => unreachable!("it never ends"),
            outcome = job => assert!(matches!(outcome, Outcome::Failed(Setback::RateLimited { .. })), "{outcome:?}"),
        }
        assert_eq!(app.calls.into_inner(), 0);
        let after = windows.run(&account, Duration::ZERO, async || Outcome::DONE).await;
        assert_eq!(after, Outcome::DONE, "a call that is given up leaves its place");
    }

    #[tokio::test]
    async fn a_time_that_the_app_names_is_not_waited_for_here() {
        let (windows, account) = (Windows::default(), account(App::Mailchimp, "api_key"));
        let until = later(clock::now(), SignedDuration::from_mins(1));
        let refuse = async || Setback::rate_limited(until, "In a minute.").into();
        let outcome = windows.run(&account, Duration::from_secs(50), refuse).await;
        assert_eq!(outcome, Setback::rate_limited(until, "In a minute.").into());
    }
}
