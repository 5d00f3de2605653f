//! Limits the concurrent calls of an account whose app limits them.
//!
//! The instances of a connector share the app's limit without communicating. Each has a [`Window`], which learns from
//! the app's answers how many of the limit's permits it holds. An accepted call passes its permit to the next call, so
//! the permits that all instances hold together stay within the limit. An instance requests one more permit with a single
//! call: after a number of accepted calls if it holds permits, and after a pause if it holds none.

use jiff::{SignedDuration, Timestamp};

/// The pause of an instance whose very first call was refused. Lambda starts an instance because the others are busy,
/// so they will need their permits for a while.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_millis(8_500);
/// The pause of any other instance that holds no permit.
const PAUSE: SignedDuration = SignedDuration::from_millis(5_500);
/// The number of accepted calls before an instance requests one more permit. Each permit halves it, and each refusal
/// doubles it.
const INTERVAL: u32 = 12;
/// The interval of an instance that got a permit after a pause: permits are becoming free.
const SHORT_INTERVAL: u32 = 2;
/// The longest interval, so that refusals stay few compared with accepted calls.
const LONGEST_INTERVAL: u32 = 32;
/// A window that was not used for this long is reset: the permits of the other instances have changed.
const STALE: SignedDuration = SignedDuration::from_secs(30);

/// The calls that one instance of a connector may have in flight in one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    limit: u32,
    /// The number of calls that may be in flight without requesting a permit.
    permits: u32,
    under_way: u32,
    /// Whether one of the calls in flight requests a permit.
    is_requesting: bool,
    /// Whether the app has answered no call yet.
    is_new: bool,
    interval: u32,
    /// The calls accepted since the last request for a permit.
    accepted: u32,
    /// If the instance holds no permit, it makes no request before this time.
    not_before: Timestamp,
    used_at: Timestamp,
}

/// The permit of a started call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// A permit that the instance holds.
    Held,
    /// One more permit, if the app accepts the call.
    Requested,
}

/// Why there is no permit for a call now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPermit {
    /// All permits are in use until a call ends.
    Full,
    /// The app refused a call: no call starts before this time.
    Paused(Timestamp),
}

/// The result of a call for the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallResult {
    /// The app accepted the call, whatever its answer.
    Accepted,
    /// The app refused the call because of its limit.
    Refused,
    /// The app did not answer, or no call was made.
    Unknown,
}

impl Window {
    /// The window of an instance that has made no call yet. `limit` is the number of concurrent calls that the app
    /// accepts.
    pub fn new(limit: u32, now: Timestamp) -> Self {
        Self {
            limit: limit.max(1),
            permits: 0,
            under_way: 0,
            is_requesting: false,
            is_new: true,
            interval: INTERVAL,
            accepted: 0,
            not_before: now,
            used_at: now,
        }
    }

    /// Takes the permit of a call, or returns the event to wait for.
    pub fn acquire(&mut self, now: Timestamp) -> Result<Permit, NoPermit> {
        if self.under_way == 0 && now.duration_since(self.used_at) > STALE {
            *self = Self::new(self.limit, now);
        }
        let permit = if self.under_way < self.permits { Permit::Held } else { self.request(now)? };
        self.is_requesting |= permit == Permit::Requested;
        self.under_way += 1;
        self.used_at = now;
        Ok(permit)
    }

    fn request(&self, now: Timestamp) -> Result<Permit, NoPermit> {
        if self.is_requesting
            || self.under_way >= self.limit
            || (self.permits > 0 && self.accepted < self.interval)
        {
            return Err(NoPermit::Full);
        }
        if self.permits == 0 && self.not_before > now {
            return Err(NoPermit::Paused(self.not_before));
        }
        Ok(Permit::Requested)
    }

    /// Ends the call of a permit. `jitter` in 0..1 spreads instances that were refused together.
    pub fn release(&mut self, result: CallResult, permit: Permit, jitter: f64, now: Timestamp) {
        self.under_way = self.under_way.saturating_sub(1);
        self.used_at = self.used_at.max(now);
        self.is_requesting &= permit == Permit::Held;
        match (result, permit) {
            (CallResult::Accepted, Permit::Held) => self.accepted = self.accepted.saturating_add(1),
            (CallResult::Accepted, Permit::Requested) => self.gain(),
            (CallResult::Refused, Permit::Held) => {
                self.permits = self.permits.saturating_sub(1);
                self.refuse(jitter, now);
            }
            (CallResult::Refused, Permit::Requested) => self.refuse(jitter, now),
            (CallResult::Unknown, _) => {}
        }
    }

    fn gain(&mut self) {
        self.interval = match self.permits {
            0 if self.is_new => INTERVAL,
            0 => SHORT_INTERVAL,
            _ => (self.interval / 2).max(1),
        };
        self.permits = (self.permits + 1).min(self.limit);
        self.accepted = 0;
        self.is_new = false;
    }

    fn refuse(&mut self, jitter: f64, now: Timestamp) {
        self.interval = (self.interval * 2).min(LONGEST_INTERVAL);
        self.accepted = 0;
        let pause = if self.is_new { FIRST_PAUSE } else { PAUSE };
        self.is_new = false;
        let spread = pause.as_secs_f64() * (0.75 + jitter.clamp(0.0, 1.0) / 2.0);
        let pause = SignedDuration::try_from_secs_f64(spread).unwrap_or(pause);
        self.not_before = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
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

    /// Starts as many calls as the window allows.
    fn fill(window: &mut Window, now: Timestamp) -> Vec<Permit> {
        std::iter::from_fn(|| window.acquire(now).ok()).collect()
    }

    fn holding(limit: u32, permits: u32) -> Window {
        Window { permits, is_new: false, ..Window::new(limit, at(0)) }
    }

    #[test]
    fn a_copy_asks_for_one_place_at_a_time_and_sooner_the_more_it_gets() {
        let mut window = Window::new(3, at(0));
        let mut under_way = fill(&mut window, at(0));
        let mut calls_before_permit = Vec::new();
        let mut calls = 0;
        while calls < 40 {
            let permit = under_way.remove(0);
            calls += 1;
            if permit == Permit::Requested {
                calls_before_permit.push(calls);
            }
            window.release(CallResult::Accepted, permit, 0.5, at(1));
            under_way.extend(fill(&mut window, at(1)));
        }
        // The first call gets a permit. After 12 more calls one requests a permit, and after 6 more the next, behind the
        // two in flight.
        assert_eq!((calls_before_permit, under_way), (vec![1, 15, 24], vec![Permit::Held; 3]));
    }

    #[test]
    fn an_accepted_call_hands_its_place_on_and_a_refused_one_loses_it() {
        let mut window = holding(10, 2);
        assert_eq!(fill(&mut window, at(0)), [Permit::Held, Permit::Held]);
        window.release(CallResult::Refused, Permit::Held, 0.5, at(5));
        assert_eq!(window.acquire(at(5)), Err(NoPermit::Full), "one call is under way");
        window.release(CallResult::Accepted, Permit::Held, 0.5, at(400));
        assert_eq!(fill(&mut window, at(400)), [Permit::Held]);
    }

    #[test]
    fn a_refused_question_doubles_the_calls_until_the_next_one() {
        let mut window = holding(10, 1);
        let mut intervals = Vec::new();
        for _ in 0..4 {
            let asked = (0..1_000).find(|_| {
                let permits = fill(&mut window, at(0));
                window.release(CallResult::Accepted, Permit::Held, 0.5, at(1));
                let requests = permits.contains(&Permit::Requested);
                if requests {
                    window.release(CallResult::Refused, Permit::Requested, 0.5, at(1));
                }
                requests
            });
            intervals.extend(asked);
        }
        assert_eq!(intervals, [12, 24, LONGEST_INTERVAL, LONGEST_INTERVAL]);
    }

    #[test]
    fn a_copy_without_a_place_pauses_and_the_first_pause_is_the_longest() {
        let (mut window, mut now) = (Window::new(10, at(0)), at(0));
        let mut pauses = Vec::new();
        for jitter in [0.5, 0.5, 0.0, 1.0] {
            assert_eq!(fill(&mut window, now), [Permit::Requested]);
            window.release(CallResult::Refused, Permit::Requested, jitter, now);
            assert_eq!(window.acquire(now), Err(NoPermit::Paused(window.not_before)));
            pauses.push(window.not_before.duration_since(now).as_millis());
            now = window.not_before;
        }
        assert_eq!(pauses, [8_500, 5_500, 4_125, 6_875]);
        window.acquire(now).unwrap();
        window.release(CallResult::Accepted, Permit::Requested, 0.5, now);
        assert_eq!((window.permits, window.interval), (1, SHORT_INTERVAL));
    }

    #[test]
    fn a_call_that_was_not_answered_leaves_the_window_as_it_was() {
        for permit in [Permit::Held, Permit::Requested] {
            let before = Window { accepted: INTERVAL, ..holding(10, u32::from(permit == Permit::Held)) };
            let mut window = before.clone();
            assert_eq!(window.acquire(at(0)), Ok(permit));
            window.release(CallResult::Unknown, permit, 0.5, at(0));
            assert_eq!(window, before);
        }
    }

    #[test]
    fn an_idle_window_is_reset() {
        let mut window = Window::new(10, at(0));
        window.acquire(at(0)).unwrap();
        window.release(CallResult::Refused, Permit::Requested, 0.5, at(5));
        assert!(window.acquire(at(100)).is_err());
        assert_eq!(window.acquire(at(31_000)), Ok(Permit::Requested));
        assert_eq!(window, Window { under_way: 1, is_requesting: true, ..Window::new(10, at(31_000)) });
    }

    proptest! {
        #[test]
        fn calls_in_flight_stay_within_the_limit_and_every_waiting_call_starts(
            limit in 1u32..20, steps in prop::collection::vec((0i64..2_000, 0u8..4, 0.0..1.0f64), 1..200),
        ) {
            let mut window = Window::new(limit, at(0));
            let (mut now, mut under_way) = (0, Vec::new());
            for (gap, what, jitter) in steps {
                now += gap;
                match (what, under_way.is_empty()) {
                    (0, _) | (_, true) => match window.acquire(at(now)) {
                        Ok(permit) => under_way.push(permit),
                        Err(NoPermit::Full) => prop_assert!(!under_way.is_empty()),
                        Err(NoPermit::Paused(until)) => prop_assert!(window.clone().acquire(until).is_ok()),
                    },
                    (what, false) => {
                        let results = [CallResult::Accepted, CallResult::Refused, CallResult::Unknown];
                        let result = results[usize::from(what) - 1];
                        window.release(result, under_way.remove(0), jitter, at(now));
                    }
                }
                prop_assert!(under_way.len() <= limit as usize);
            }
        }
    }
}
