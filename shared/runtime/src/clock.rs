//! The engine's source of time and randomness. The core takes both as arguments.

use jiff::Timestamp;

/// The clock that measures durations within a function instance: a test that pauses tokio's timers pauses it as well.
pub use tokio::time::Instant;

/// The current time.
#[expect(clippy::disallowed_methods, reason = "this is the edge's clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A number in 0..1, for spreading retries.
pub fn jitter() -> f64 {
    rand::random()
}

/// A text that no other call returns.
pub fn unique() -> String {
    format!("{:032x}", rand::random::<u128>())
}
