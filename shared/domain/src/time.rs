//! Time arithmetic that saturates instead of overflowing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The time `wait` later.
pub fn after(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// The time `wait` later.
pub fn later(at: Timestamp, wait: Duration) -> Timestamp {
    after(at, signed(wait))
}

/// The time from one to the other; zero if the other is earlier.
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// A duration that can be compared with differences of times.
pub fn signed(wait: Duration) -> SignedDuration {
    SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX)
}

/// The time `wait` earlier.
pub fn before(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.saturating_sub(wait).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_ends_and_does_not_turn_round() {
        let (hour, ever) = (SignedDuration::from_hours(1), SignedDuration::MAX);
        let noon: Timestamp = "2026-05-04T12:00:00Z".parse().unwrap();
        assert_eq!(after(noon, hour).to_string(), "2026-05-04T13:00:00Z");
        assert_eq!(before(noon, hour).to_string(), "2026-05-04T11:00:00Z");
        assert_eq!((after(noon, ever), before(noon, ever)), (Timestamp::MAX, Timestamp::MIN));
        assert_eq!(later(noon, Duration::MAX), Timestamp::MAX);
        let one = later(noon, Duration::from_secs(1));
        assert_eq!((between(noon, one), between(one, noon)), (Duration::from_secs(1), Duration::ZERO));
    }
}
