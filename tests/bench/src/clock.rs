//! Elapsed time, and a pace.
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

/// Seconds from one time to a later one.
pub(crate) fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// Beats at a steady pace, regardless of the work between two beats.
pub(crate) struct Pace {
    every: Duration,
    next: Instant,
}

impl Pace {
    pub(crate) fn new(every: Duration) -> Self {
        Self { every, next: Instant::now() }
    }

    /// Waits for the next beat; the first beat is immediate.
    pub(crate) async fn beat(&mut self) {
        sleep_until(self.next).await;
        self.next += self.every;
    }
}

/// The value below which this percentage of the sorted values lies.
pub(crate) fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
