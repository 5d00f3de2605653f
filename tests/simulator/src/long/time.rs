//! The time of a history.

use std::time::Duration;

/// A day in which something happens, with a quiet time in the middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Busy {
    /// The length of the day.
    pub day: Duration,
    /// When the quiet time begins, as a part of the day.
    pub pause: f64,
    /// The length of the quiet time, in which only work that has begun continues.
    pub quiet: Duration,
}

impl Busy {
    /// The time of a part of the day, from the begin.
    pub(super) fn at(self, part: f64) -> Duration {
        let quiet = if part > self.pause { self.quiet } else { Duration::ZERO };
        self.day.mul_f64(part) + quiet
    }
}
