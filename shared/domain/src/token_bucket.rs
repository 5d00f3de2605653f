//! An app's rate limit for one account as a token bucket: a burst of calls, and then calls at the rate.

use jiff::{SignedDuration, Timestamp};

use crate::manifest::Rate;
use crate::time;

/// The tokens left of an account's rate limit. It may be negative: the number of calls of an action is known only after
/// the action has made them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenBucket {
    left: f64,
    /// The number of throttled calls whose turn has not come.
    ahead: f64,
    at: Timestamp,
}

impl TokenBucket {
    /// A full bucket.
    pub fn full(rate: Rate, now: Timestamp) -> Self {
        Self { left: f64::from(rate.calls), ahead: 0.0, at: now }
    }

    /// Takes one token, or returns the time of the next one. Throttled calls get their turns one after another, so that
    /// they do not return together and are throttled again.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), Timestamp> {
        if let Some(turn) = self.next(rate, now, now) {
            self.queue_up();
            return Err(turn);
        }
        self.left -= 1.0;
        Ok(())
    }

    /// The time of the next token that is not reserved for a throttled call, where no call is allowed before `first`;
    /// `None`: now. Takes nothing.
    pub fn next(&mut self, rate: Rate, first: Timestamp, now: Timestamp) -> Option<Timestamp> {
        self.fill(rate, now);
        let missing = (1.0 - self.left).max(0.0) / per_second(rate);
        let first = first.max(later(now, missing));
        (first > now).then(|| later(first, self.ahead / per_second(rate)))
    }

    /// Reserves the turn that [`next`](Self::next) returned.
    pub fn queue_up(&mut self) {
        self.ahead += 1.0;
    }

    /// Corrects one taken token by the number of calls that were made, which may be zero.
    pub fn charge(&mut self, rate: Rate, calls: u32) {
        self.left = (self.left + 1.0 - f64::from(calls)).min(f64::from(rate.calls));
    }

    fn fill(&mut self, rate: Rate, now: Timestamp) {
        let passed = now.duration_since(self.at).as_secs_f64().max(0.0);
        let calls = passed * per_second(rate);
        self.left = (self.left + calls).min(f64::from(rate.calls));
        self.ahead = (self.ahead - calls).max(0.0);
        self.at = self.at.max(now);
    }
}

fn later(at: Timestamp, seconds: f64) -> Timestamp {
    time::after(at, SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::MAX))
}

/// The tokens per second. A rate of zero counts as one call per period, since it would never allow a call.
fn per_second(rate: Rate) -> f64 {
    f64::from(rate.calls.max(1)) / f64::from(rate.seconds.max(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_780_000_000_000 + millis).unwrap()
    }

    #[test]
    fn a_burst_is_let_through_and_then_the_rate_holds() {
        let rate = Rate { calls: 100, seconds: 10 };
        let mut bucket = TokenBucket::full(rate, at(0));
        assert!((0..100).all(|_| bucket.take(rate, at(0)).is_ok()));
        assert_eq!(bucket.take(rate, at(0)), Err(at(100)));
        assert!(bucket.take(rate, at(100)).is_ok());
    }

    #[test]
    fn calls_throttled_until_a_time_get_their_turns_after_it() {
        let rate = Rate { calls: 10, seconds: 1 };
        let mut bucket = TokenBucket::full(rate, at(0));
        let mut turn = || {
            // `next` takes nothing.
            let turns = [(); 3].map(|()| bucket.next(rate, at(5000), at(0)));
            bucket.queue_up();
            assert_eq!(turns, [turns[0]; 3]);
            turns[0]
        };
        assert_eq!([turn(), turn(), turn()], [at(5000), at(5100), at(5200)].map(Some));
    }

    #[test]
    fn what_an_action_needed_beyond_one_call_is_waited_for() {
        let rate = Rate { calls: 2, seconds: 1 };
        let mut bucket = TokenBucket::full(rate, at(0));
        bucket.take(rate, at(0)).unwrap();
        bucket.charge(rate, 3);
        assert_eq!(bucket.take(rate, at(0)), Err(at(1000)));
    }

    proptest! {
        #[test]
        fn no_more_calls_are_let_through_than_the_app_allows(
            calls in 1u32..50, seconds in 1u32..20, gaps in prop::collection::vec(0i64..500, 1..200),
        ) {
            let rate = Rate { calls, seconds };
            let mut bucket = TokenBucket::full(rate, at(0));
            let (mut now, mut made) = (0, 0u32);
            for gap in gaps {
                now += gap;
                made += u32::from(bucket.take(rate, at(now)).is_ok());
                let passed = SignedDuration::from_millis(now).as_secs_f64();
                let allowed = f64::from(calls) + passed * f64::from(calls) / f64::from(seconds);
                prop_assert!(f64::from(made) <= allowed + 1e-6);
            }
        }

        #[test]
        fn all_throttled_calls_are_allowed_at_their_turns(
            calls in 1u32..50, seconds in 1u32..20, spent in 0u32..200, crowd in 1usize..100,
        ) {
            let rate = Rate { calls, seconds };
            let mut bucket = TokenBucket::full(rate, at(0));
            bucket.charge(rate, spent + 1);
            let turns: Vec<_> = (0..crowd).filter_map(|_| bucket.take(rate, at(0)).err()).collect();
            for turn in turns {
                let then = turn.saturating_add(SignedDuration::from_millis(1)).unwrap();
                prop_assert!(bucket.take(rate, then).is_ok());
            }
        }

        #[test]
        fn a_call_at_the_returned_time_is_allowed(
            calls in 1u32..50, seconds in 1u32..20, spent in 0u32..200,
        ) {
            let rate = Rate { calls, seconds };
            let mut bucket = TokenBucket::full(rate, at(0));
            bucket.charge(rate, spent + 1);
            if let Err(until) = bucket.take(rate, at(0)) {
                let later = until.saturating_add(SignedDuration::from_millis(1)).unwrap();
                prop_assert!(bucket.take(rate, later).is_ok());
            }
        }
    }
}
