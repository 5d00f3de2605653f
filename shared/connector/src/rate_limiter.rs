//! Keeps each account within its app's rate. Every function has a bucket of its own for an account; a time that the app
//! returns ("not before") is shared through the integration.

use domain::app::App;
use domain::integration::Integration;
use domain::manifest::{Catalog, Rate};
use domain::time;
use domain::token_bucket::TokenBucket;
use jiff::{SignedDuration, Timestamp};
use runtime::clock;

use crate::remembered::Remembered;

/// The longest that a function waits for an account's limit; for a longer wait, the message returns to its queue.
pub(crate) const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(2);
/// Jobs that wait for the same time return within a tenth of the wait after it, not all at once.
const SPREAD: f64 = 0.1;
/// The longest time over which they return.
const LONGEST_SPREAD: SignedDuration = SignedDuration::from_secs(30);

/// The buckets of the accounts that this function has served. There is room for more accounts than it serves within one
/// rate's period.
#[derive(Debug, Default)]
pub struct RateLimiter(Remembered<TokenBucket, 10_000>);

impl RateLimiter {
    /// Takes a turn, or returns the time of the next one.
    pub(crate) fn take<'a>(
        &'a self,
        account: &'a Integration,
        now: Timestamp,
    ) -> Result<Turn<'a>, Timestamp> {
        if let Some(rate) = of(account.app, &account.method) {
            self.with(account, rate, now, |bucket| bucket.take(rate, now))?;
        }
        Ok(Turn { rates: self, account, taken: now, spent: None })
    }

    /// When the account's next call may start: within its rate, and not before the time that its app returned. `None`:
    /// now. The turn is not reserved.
    pub(crate) fn next_turn(&self, account: &Integration, now: Timestamp) -> Option<Timestamp> {
        let named = account.health.not_before.filter(|until| *until > now);
        match of(account.app, &account.method) {
            None => named.map(|until| spread(until, now, clock::jitter())),
            Some(rate) => {
                self.with(account, rate, now, |bucket| bucket.next(rate, named.unwrap_or(now), now))
            }
        }
    }

    /// Reserves the turn that [`next_turn`](Self::next_turn) returned.
    pub(crate) fn queue_up(&self, account: &Integration, now: Timestamp) {
        if let Some(rate) = of(account.app, &account.method) {
            self.with(account, rate, now, TokenBucket::queue_up);
        }
    }

    fn with<T>(
        &self,
        account: &Integration,
        rate: Rate,
        now: Timestamp,
        take: impl FnOnce(&mut TokenBucket) -> T,
    ) -> T {
        self.0.of(&account.marketplace, &account.id, || TokenBucket::full(rate, now), take)
    }
}

/// One call that was reserved in an account's rate. It is returned if this value is dropped before it is spent.
#[derive(Debug)]
pub struct Turn<'a> {
    rates: &'a RateLimiter,
    account: &'a Integration,
    taken: Timestamp,
    spent: Option<(u32, Timestamp)>,
}

impl Turn<'_> {
    /// Charges for the requests that were made.
    pub(crate) fn spend(mut self, requests: u32, now: Timestamp) {
        self.spent = Some((requests, now));
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let (requests, now) = self.spent.unwrap_or((0, self.taken));
        if let Some(rate) = of(self.account.app, &self.account.method) {
            self.rates.with(self.account, rate, now, |bucket| bucket.charge(rate, requests));
        }
    }
}

/// The rate that an app documents for this connection method.
fn of(app: App, method: &str) -> Option<Rate> {
    Catalog::get().manifest(app)?.method(method)?.rate
}

/// A time shortly after `until`, by `jitter` in 0..1.
fn spread(until: Timestamp, now: Timestamp, jitter: f64) -> Timestamp {
    let most = (until.duration_since(now).as_secs_f64() * SPREAD).min(LONGEST_SPREAD.as_secs_f64());
    let after = SignedDuration::try_from_secs_f64(most * jitter).unwrap_or_default();
    time::after(until, after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, account};

    #[test]
    fn a_job_has_one_turn_however_often_it_asks_when_that_is() {
        let (account, rates) = (account(App::HIGHLEVEL, "oauth"), RateLimiter::default());
        let rate = of(account.app, &account.method).unwrap();
        let burst = rate.calls * 2;
        let turns = (0..burst).filter_map(|_| {
            // Admission requests the time, once more after it has read the job's record, and then the job takes a turn.
            let asked = [(); 2].map(|()| rates.next_turn(&account, NOW));
            let taken = rates.take(&account, NOW).map(|turn| turn.spend(1, NOW)).err();
            assert_eq!(asked, [taken; 2]);
            taken
        });
        let last = turns.max().unwrap();
        assert!(
            last.duration_since(NOW).as_secs() <= rate.seconds.into(),
            "the burst takes {last} for {rate:?}"
        );
    }

    #[test]
    fn a_turn_without_a_call_is_given_back_and_one_with_calls_costs_as_many() {
        let account = account(App::HIGHLEVEL, "oauth");
        let calls = of(account.app, &account.method).unwrap().calls;
        let rates = RateLimiter::default();
        for _ in 0..calls * 3 {
            drop(rates.take(&account, NOW).unwrap());
        }
        for _ in 0..calls / 2 {
            rates.take(&account, NOW).unwrap().spend(2, NOW);
        }
        assert_eq!(rates.take(&account, NOW).is_ok(), calls % 2 == 1);
    }

    #[test]
    fn jobs_that_wait_for_the_same_time_come_back_one_after_another_and_none_before_it() {
        let now = Timestamp::from_second(1_780_000_000).unwrap();
        let after = |wait: i64, jitter| {
            let until = now + SignedDuration::from_secs(wait);
            spread(until, now, jitter).duration_since(until).as_millis()
        };
        assert_eq!([after(60, 0.0), after(60, 0.5), after(60, 1.0)], [0, 3_000, 6_000]);
        assert_eq!(after(86_400, 1.0), 30_000);
        assert_eq!(spread(Timestamp::MAX, now, 1.0), Timestamp::MAX);
    }
}
