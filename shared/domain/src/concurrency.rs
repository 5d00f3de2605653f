//! How many calls are under way at once in an account whose app limits that.
//!
//! The copies of a connector share the app's limit without a word between them: each has a [`Window`], which opens while
//! the app accepts calls and closes to what is under way when the app refuses one. A call that was accepted hands its
//! place to the next one, so the places that the copies hold together stay within the limit, and a copy that holds none
//! asks for one at growing intervals.

use jiff::{SignedDuration, Timestamp};

/// The pause after a refusal; it doubles with each further one.
const PAUSE: SignedDuration = SignedDuration::from_millis(1_500);
/// How often the pause doubles at most.
const MOST_DOUBLINGS: u32 = 3;
/// By how much a window grows with each accepted call, once the app has refused one.
const CAREFUL: f64 = 0.1;
/// A window that was not used for so long starts over: other copies hold other places by now.
const STALE: SignedDuration = SignedDuration::from_secs(30);

/// What one copy of a connector may have under way in one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    limit: u32,
    size: f64,
    under_way: u32,
    /// Refusals since a call was accepted.
    refusals: u32,
    last_refusal: Option<Timestamp>,
    not_before: Timestamp,
    used_at: Timestamp,
}

/// Why no call may start now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The window is full until a call ends.
    ForCall,
    /// The app refused a call: nothing starts before this time.
    Until(Timestamp),
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The app accepted it, whatever it answered.
    Accepted,
    /// The app refused it because of its limit.
    Refused,
    /// The app did not answer, or no call was made.
    Unknown,
}

impl Window {
    /// The window of a copy that has made no call yet. `limit` is what the app takes at once.
    pub fn new(limit: u32, now: Timestamp) -> Self {
        Self {
            limit: limit.max(1),
            size: 1.0,
            under_way: 0,
            refusals: 0,
            last_refusal: None,
            not_before: now,
            used_at: now,
        }
    }

    /// Starts a call, or says what to wait for.
    pub fn start(&mut self, now: Timestamp) -> Result<(), Wait> {
        if self.under_way == 0 && now.duration_since(self.used_at) > STALE {
            *self = Self::new(self.limit, now);
        }
        if self.is_full() {
            return Err(Wait::ForCall);
        }
        if self.not_before > now {
            return Err(Wait::Until(self.not_before));
        }
        self.under_way += 1;
        self.used_at = now;
        Ok(())
    }

    /// Ends a call that started at `started`. `jitter` in 0..1 spreads the copies that were refused together.
    pub fn end(&mut self, end: End, started: Timestamp, jitter: f64, now: Timestamp) {
        let was_full = self.is_full();
        self.under_way = self.under_way.saturating_sub(1);
        self.used_at = self.used_at.max(now);
        match end {
            End::Accepted => {
                self.refusals = 0;
                self.not_before = self.not_before.min(now);
                if was_full {
                    let growth = if self.last_refusal.is_none() { 1.0 } else { CAREFUL / self.size };
                    self.size = (self.size + growth).min(f64::from(self.limit));
                }
            }
            End::Refused => {
                self.size = self.size.min(f64::from(self.under_way.max(1)));
                // Of the calls that were refused together, one pauses the rest.
                if self.last_refusal.is_none_or(|last| last < started) {
                    self.pause(jitter, now);
                }
            }
            End::Unknown => {}
        }
    }

    fn pause(&mut self, jitter: f64, now: Timestamp) {
        let pause = PAUSE * (1 << self.refusals.min(MOST_DOUBLINGS));
        let spread = pause.as_secs_f64() * (0.5 + jitter.clamp(0.0, 1.0));
        let pause = SignedDuration::try_from_secs_f64(spread).unwrap_or(pause);
        self.not_before = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        self.refusals = self.refusals.saturating_add(1);
        self.last_refusal = Some(now);
    }

    fn is_full(&self) -> bool {
        // Tenths do not add up to a whole in binary.
        f64::from(self.under_way) + 1.0 > self.size + 1e-6
    }
}

#[cfg(test)]
mod simulation;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_780_000_000_000 + millis).unwrap()
    }

    /// Starts as many calls as the window lets.
    fn fill(window: &mut Window, now: Timestamp) -> u32 {
        std::iter::from_fn(|| window.start(now).ok()).fold(0, |count, ()| count + 1)
    }

    #[test]
    fn a_window_grows_with_every_accepted_call_while_others_wait_and_stops_at_the_limit() {
        let mut window = Window::new(3, at(0));
        let mut started = vec![fill(&mut window, at(0))];
        for _ in 0..4 {
            window.end(End::Accepted, at(0), 0.5, at(1));
            started.push(fill(&mut window, at(1)));
        }
        assert_eq!(started, [1, 2, 2, 1, 1], "what ended, and one more until there are three");
    }

    #[test]
    fn a_window_that_is_not_full_does_not_grow() {
        let mut window = Window { size: 2.0, ..Window::new(10, at(0)) };
        window.start(at(0)).unwrap();
        window.end(End::Accepted, at(0), 0.5, at(1));
        assert_eq!(fill(&mut window, at(1)), 2);
    }

    #[test]
    fn each_refusal_doubles_the_pause_until_a_call_is_accepted() {
        let mut window = Window::new(10, at(0));
        let mut now = at(0);
        let mut pauses = Vec::new();
        for _ in 0..5 {
            window.start(now).unwrap();
            window.end(End::Refused, now, 0.5, now);
            pauses.push(window.not_before.duration_since(now).as_millis());
            now = window.not_before;
        }
        assert_eq!(pauses, [1_500, 3_000, 6_000, 12_000, 12_000]);
        window.start(now).unwrap();
        window.end(End::Accepted, now, 0.5, now);
        assert_eq!((window.refusals, fill(&mut window, now)), (0, 1));
    }

    #[test]
    fn calls_that_were_refused_together_count_once() {
        let mut window = Window { size: 4.0, ..Window::new(10, at(0)) };
        assert_eq!(fill(&mut window, at(0)), 4);
        for _ in 0..3 {
            window.end(End::Refused, at(0), 0.5, at(5));
        }
        assert_eq!(window.start(at(5)), Err(Wait::ForCall), "one call is under way");
        window.end(End::Unknown, at(0), 0.5, at(6));
        assert_eq!(window.start(at(6)), Err(Wait::Until(at(1_505))));
    }

    #[test]
    fn an_accepted_call_hands_its_place_on_at_once() {
        let mut window = Window { size: 2.0, ..Window::new(10, at(0)) };
        assert_eq!(fill(&mut window, at(0)), 2);
        window.end(End::Refused, at(0), 0.5, at(5));
        window.end(End::Accepted, at(0), 0.5, at(400));
        assert_eq!(window.start(at(400)), Ok(()));
    }

    #[test]
    fn what_was_learnt_is_forgotten_when_the_account_was_idle() {
        let mut window = Window::new(10, at(0));
        window.start(at(0)).unwrap();
        window.end(End::Refused, at(0), 0.5, at(5));
        assert!(window.start(at(100)).is_err());
        assert_eq!(window.start(at(31_000)), Ok(()));
        assert_eq!(window, Window { under_way: 1, ..Window::new(10, at(31_000)) });
    }

    proptest! {
        #[test]
        fn no_more_calls_are_under_way_than_the_app_takes_and_whoever_waits_gets_through(
            limit in 1u32..20, steps in prop::collection::vec((0i64..2_000, 0u8..4, 0.0..1.0f64), 1..200),
        ) {
            let mut window = Window::new(limit, at(0));
            let (mut now, mut under_way) = (0, Vec::new());
            for (gap, what, jitter) in steps {
                now += gap;
                match (what, under_way.is_empty()) {
                    (0, _) | (_, true) => match window.start(at(now)) {
                        Ok(()) => under_way.push(at(now)),
                        Err(Wait::ForCall) => prop_assert!(!under_way.is_empty()),
                        Err(Wait::Until(until)) => prop_assert!(window.clone().start(until).is_ok()),
                    },
                    (what, false) => {
                        let end = [End::Accepted, End::Refused, End::Unknown][usize::from(what) - 1];
                        window.end(end, under_way.remove(0), jitter, at(now));
                    }
                }
                prop_assert!(under_way.len() <= limit as usize);
            }
        }
    }
}
