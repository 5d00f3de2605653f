//! Keeps each account within the number of concurrent calls that its app allows. Every function has a [`Window`] of its
//! own for an account, so a call costs no write.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::concurrency::{CallResult, NoPermit, Permit, Window};
use domain::integration::Integration;
use domain::manifest::Catalog;
use domain::outcome::{Outcome, Reason, Setback};
use domain::time;
use jiff::Timestamp;
use runtime::clock;
use tokio::sync::Notify;

use crate::rate_limiter::LONGEST_WAIT;
use crate::remembered::Remembered;

/// The windows of the accounts that this function has called.
#[derive(Debug, Default)]
pub struct Windows(Remembered<Arc<AccountWindow>>);

impl Windows {
    /// Makes a job's call as soon as its account's window has a permit. A call that the app refuses for now is repeated
    /// when the window has a permit again. The job waits for a permit for half of `limit`; the rest is for the call.
    pub(crate) async fn run(
        &self,
        account: &Integration,
        limit: Duration,
        call: impl AsyncFn() -> Outcome,
    ) -> Outcome {
        let Some(window) = self.of(account) else { return call().await };
        let last = time::later(clock::now(), limit / 2);
        let mut refused = None;
        while let Some(guard) = window.acquire(last).await {
            let outcome = call().await;
            guard.release(result(&outcome));
            let Outcome::Failed(Setback::RateLimited { until, reason }) = outcome else { return outcome };
            if until > time::after(clock::now(), LONGEST_WAIT) || until > last {
                return Setback::RateLimited { until, reason }.into();
            }
            tokio::time::sleep(time::between(clock::now(), until)).await;
            refused = Some(reason);
        }
        // Only this job waits, and a permit may become free at any moment.
        let app = account.app.label();
        let reason =
            refused.unwrap_or_else(|| Reason::new(format!("{app} allows no more concurrent calls for now.")));
        Setback::RateLimited { until: clock::now(), reason }.into()
    }

    /// The window of an account; `None` if its app has no limit of concurrent calls.
    fn of(&self, account: &Integration) -> Option<Arc<AccountWindow>> {
        let limit = Catalog::get().manifest(account.app)?.method(&account.method)?.concurrency?;
        let new = || {
            let window = Mutex::new(Window::new(limit, clock::now()));
            Arc::new(AccountWindow { window, released: Notify::new() })
        };
        Some(self.0.of(&account.marketplace, &account.id, new, |window| Arc::clone(window)))
    }
}

/// One account's window, and the jobs that wait for it.
#[derive(Debug)]
struct AccountWindow {
    window: Mutex<Window>,
    released: Notify,
}

impl AccountWindow {
    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a permit; `None`: none became free before `last`.
    async fn acquire(&self, last: Timestamp) -> Option<PermitGuard<'_>> {
        loop {
            let released = self.released.notified();
            let now = clock::now();
            let wake = match self.window().acquire(now) {
                Ok(permit) => {
                    return Some(PermitGuard { window: self, permit, result: CallResult::Unknown });
                }
                Err(NoPermit::Paused(until)) => until,
                Err(NoPermit::Full) => last,
            };
            if now >= last {
                return None;
            }
            // The end of a call may free a permit before that time. In both cases the window is checked again.
            drop(tokio::time::timeout(time::between(now, wake.min(last)), released).await);
        }
    }
}

/// The permit of a call in progress. It is released when this value is dropped, also if the call is canceled.
#[derive(Debug)]
struct PermitGuard<'a> {
    window: &'a AccountWindow,
    permit: Permit,
    result: CallResult,
}

impl PermitGuard<'_> {
    fn release(mut self, result: CallResult) {
        self.result = result;
    }
}

impl Drop for PermitGuard<'_> {
    fn drop(&mut self) {
        self.window.window().release(self.result, self.permit, clock::jitter(), clock::now());
        self.window.released.notify_waiters();
    }
}

/// How an outcome counts for the app's limit.
fn result(outcome: &Outcome) -> CallResult {
    match outcome {
        Outcome::Done { .. }
        | Outcome::AlreadySo { .. }
        | Outcome::Failed(Setback::PreconditionMissing { .. } | Setback::Rejected { .. }) => {
            CallResult::Accepted
        }
        Outcome::Failed(Setback::RateLimited { .. }) => CallResult::Refused,
        Outcome::Failed(Setback::Transient { .. } | Setback::ReconnectNeeded { .. }) => CallResult::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use domain::app::App;
    use futures::future::join_all;
    use jiff::SignedDuration;

    use super::*;
    use crate::testing::account;

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
        let account = account(App::MAILCHIMP, "api_key");
        let job = || windows.run(&account, Duration::from_secs(50), async || app.call().await);
        assert_eq!(join_all((0..40).map(|_| job())).await, vec![Outcome::DONE; 40]);
        let (most, calls) = (app.most.into_inner(), app.calls.into_inner());
        assert!(most == 3 && calls <= 43, "{most} at once, {calls} calls");
    }

    #[tokio::test]
    async fn an_account_of_an_app_without_such_a_limit_is_called_as_often_as_there_are_jobs() {
        let (windows, app) = (Windows::default(), Narrow::default());
        let account = account(App::KIT, "oauth");
        let job = || windows.run(&account, Duration::from_secs(50), async || app.call().await);
        join_all((0..10).map(|_| job())).await;
        assert_eq!((app.most.into_inner(), app.calls.into_inner()), (3, 10));
    }

    #[tokio::test]
    async fn a_job_without_a_permit_in_time_makes_no_call_and_returns_to_its_queue() {
        let (windows, app) = (Windows::default(), Narrow::default());
        let account = account(App::MAILCHIMP, "api_key");
        let stuck = windows.run(&account, Duration::from_secs(50), async || std::future::pending().await);
        let job = windows.run(&account, Duration::ZERO, async || app.call().await);
        tokio::select! {
            biased;
            _ = stuck => unreachable!("it never ends"),
            outcome = job => assert!(matches!(outcome, Outcome::Failed(Setback::RateLimited { .. })), "{outcome:?}"),
        }
        assert_eq!(app.calls.into_inner(), 0);
        let after = windows.run(&account, Duration::ZERO, async || Outcome::DONE).await;
        assert_eq!(after, Outcome::DONE, "a call that is given up releases its permit");
    }

    #[tokio::test]
    async fn a_time_that_the_app_names_is_not_waited_for_here() {
        let (windows, account) = (Windows::default(), account(App::MAILCHIMP, "api_key"));
        let until = time::after(clock::now(), SignedDuration::from_mins(1));
        let refuse = async || Setback::rate_limited(until, "In a minute.").into();
        let outcome = windows.run(&account, Duration::from_secs(50), refuse).await;
        assert_eq!(outcome, Setback::rate_limited(until, "In a minute.").into());
    }
}
