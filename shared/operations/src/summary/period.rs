//! The period of a summary.

use jiff::{SignedDuration, Timestamp};

/// A shorter period has a bucket for each hour, and a longer one a bucket for each day.
const HOURLY: SignedDuration = SignedDuration::from_hours(48);

/// A period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Facts that occurred at this time or later.
    pub since: Timestamp,
    /// Facts that occurred before this time.
    pub until: Timestamp,
    /// Actions that failed at this time or later are named.
    pub today: Timestamp,
}

impl Period {
    /// The length of its buckets.
    pub fn bucket(&self) -> SignedDuration {
        let is_short = self.until.duration_since(self.since) < HOURLY;
        SignedDuration::from_hours(if is_short { 1 } else { 24 })
    }
}
