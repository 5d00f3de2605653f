//! Limits the concurrent calls of an account whose app limits them.
//!
//! The instances of a connector share the app's limit without communicating. Each has a [`Window`], which learns from
//! the app's answers how many of the limit's places it holds. An accepted call passes its place to the next call, so
//! the places that all instances hold together stay within the limit. An instance requests one more place with a single
//! call: after a number of accepted calls if it holds places, and after a pause if it holds none.

use jiff::{SignedDuration, Timestamp};

/// The pause of an instance whose very first call was refused. Lambda starts an instance because the others are busy,
/// so they will need their places for a while.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_millis(8_500);
/// The pause of any other instance that holds no place.
const PAUSE: SignedDuration = SignedDuration::from_millis(5_500);
/// The number of accepted calls before an instance requests one more place. Each place halves it, and each refusal
/// doubles it.
const INTERVAL: u32 = 12;
/// The interval of an instance that got a place after a pause: places are becoming free.
const SHORT_INTERVAL: u32 = 2;
/// The longest interval, so that refusals stay few compared with accepted calls.
const LONGEST_INTERVAL: u32 = 32;
/// A window that was not used for this long is reset: the places of the other instances have changed.
const STALE: SignedDuration = SignedDuration::from_secs(30);

/// The calls that one instance of a connector may have in flight in one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    limit: u32,
    /// The number of calls that may be in flight without requesting a place.
    places: u32,
    under_way: u32,
    /// Whether one of the calls in flight requests a place.
    asks: bool,
    /// Whether the app has answered no call yet.
    is_new: bool,
    interval: u32,
    /// The calls accepted since the last request for a place.
    accepted: u32,
    /// If the instance holds no place, it makes no request before this time.
    not_before: Timestamp,
    used_at: Timestamp,
}

/// The place of a started call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A place that the instance holds.
    Held,
    /// One more place, if the app accepts the call.
    Asked,
}

/// The reason why no call may start now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The window is full until a call ends.
    ForCall,
    /// The app refused a call: no call starts before this time.
    Until(Timestamp),
}

/// The result of a call for the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
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
            places: 0,
            under_way: 0,
            asks: false,
            is_new: true,
            interval: INTERVAL,
            accepted: 0,
            not_before: now,
            used_at: now,
        }
    }

    /// Starts a call, or returns the event to wait for.
    pub fn start(&mut self, now: Timestamp) -> Result<Place, Wait> {
        if self.under_way == 0 && now.duration_since(self.used_at) > STALE {
            *self = Self::new(self.limit, now);
        }
        let place = if self.under_way < self.places { Place::Held } else { self.ask(now)? };
        self.asks |= place == Place::Asked;
        self.under_way += 1;
        self.used_at = now;
        Ok(place)
    }

    fn ask(&self, now: Timestamp) -> Result<Place, Wait> {
        if self.asks || self.under_way >= self.limit || (self.places > 0 && self.accepted < self.interval) {
            return Err(Wait::ForCall);
        }
        if self.places == 0 && self.not_before > now {
            return Err(Wait::Until(self.not_before));
        }
        Ok(Place::Asked)
    }

    /// Ends a call that was started in `place`. `jitter` in 0..1 spreads instances that were refused together.
    pub fn end(&mut self, end: End, place: Place, jitter: f64, now: Timestamp) {
        self.under_way = self.under_way.saturating_sub(1);
        self.used_at = self.used_at.max(now);
        self.asks &= place == Place::Held;
        match (end, place) {
            (End::Accepted, Place::Held) => self.accepted = self.accepted.saturating_add(1),
            (End::Accepted, Place::Asked) => self.gain(),
            (End::Refused, Place::Held) => {
                self.places = self.places.saturating_sub(1);
                self.refuse(jitter, now);
            }
            (End::Refused, Place::Asked) => self.refuse(jitter, now),
            (End::Unknown, _) => {}
        }
    }

    fn gain(&mut self) {
        self.interval = match self.places {
            0 if self.is_new => INTERVAL,
            0 => SHORT_INTERVAL,
            _ => (self.interval / 2).max(1),
        };
        self.places = (self.places + 1).min(self.limit);
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
    fn fill(window: &mut Window, now: Timestamp) -> Vec<Place> {
        std::iter::from_fn(|| window.start(now).ok()).collect()
    }

    fn holding(limit: u32, places: u32) -> Window {
        Window { places, is_new: false, ..Window::new(limit, at(0)) }
    }

    #[test]
    fn a_copy_asks_for_one_place_at_a_time_and_sooner_the_more_it_gets() {
        let mut window = Window::new(3, at(0));
        let mut under_way = fill(&mut window, at(0));
        let mut calls_before_place = Vec::new();
        let mut calls = 0;
        while calls < 40 {
            let place = under_way.remove(0);
            calls += 1;
            if place == Place::Asked {
                calls_before_place.push(calls);
            }
            window.end(End::Accepted, place, 0.5, at(1));
            under_way.extend(fill(&mut window, at(1)));
        }
        // The first call gets a place. After 12 more calls one requests a place, and after 6 more the next, behind the
        // two in flight.
        assert_eq!((calls_before_place, under_way), (vec![1, 15, 24], vec![Place::Held; 3]));
    }

    #[test]
    fn an_accepted_call_hands_its_place_on_and_a_refused_one_loses_it() {
        let mut window = holding(10, 2);
        assert_eq!(fill(&mut window, at(0)), [Place::Held, Place::Held]);
        window.end(End::Refused, Place::Held, 0.5, at(5));
        assert_eq!(window.start(at(5)), Err(Wait::ForCall), "one call is under way");
        window.end(End::Accepted, Place::Held, 0.5, at(400));
        assert_eq!(fill(&mut window, at(400)), [Place::Held]);
    }

    #[test]
    fn a_refused_question_doubles_the_calls_until_the_next_one() {
        let mut window = holding(10, 1);
        let mut intervals = Vec::new();
        for _ in 0..4 {
            let asked = (0..1_000).find(|_| {
                let places = fill(&mut window, at(0));
                window.end(End::Accepted, Place::Held, 0.5, at(1));
                let asks = places.contains(&Place::Asked);
                if asks {
                    window.end(End::Refused, Place::Asked, 0.5, at(1));
                }
                asks
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
            assert_eq!(fill(&mut window, now), [Place::Asked]);
            window.end(End::Refused, Place::Asked, jitter, now);
            assert_eq!(window.start(now), Err(Wait::Until(window.not_before)));
            pauses.push(window.not_before.duration_since(now).as_millis());
            now = window.not_before;
        }
        assert_eq!(pauses, [8_500, 5_500, 4_125, 6_875]);
        window.start(now).unwrap();
        window.end(End::Accepted, Place::Asked, 0.5, now);
        assert_eq!((window.places, window.interval), (1, SHORT_INTERVAL));
    }

    #[test]
    fn a_call_that_was_not_answered_leaves_the_window_as_it_was() {
        for place in [Place::Held, Place::Asked] {
            let before = Window { accepted: INTERVAL, ..holding(10, u32::from(place == Place::Held)) };
            let mut window = before.clone();
            assert_eq!(window.start(at(0)), Ok(place));
            window.end(End::Unknown, place, 0.5, at(0));
            assert_eq!(window, before);
        }
    }

    #[test]
    fn an_idle_window_is_reset() {
        let mut window = Window::new(10, at(0));
        window.start(at(0)).unwrap();
        window.end(End::Refused, Place::Asked, 0.5, at(5));
        assert!(window.start(at(100)).is_err());
        assert_eq!(window.start(at(31_000)), Ok(Place::Asked));
        assert_eq!(window, Window { under_way: 1, asks: true, ..Window::new(10, at(31_000)) });
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
                    (0, _) | (_, true) => match window.start(at(now)) {
                        Ok(place) => under_way.push(place),
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
