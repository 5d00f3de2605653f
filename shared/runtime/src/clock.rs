//! The engine's source of time and randomness. The core takes both as arguments.

use jiff::Timestamp;

use crate::world;

/// The clock that measures durations within a function instance: a test that pauses tokio's timers pauses it as well.
pub use tokio::time::Instant;

/// The current time.
#[expect(clippy::disallowed_methods, reason = "this is the edge's clock")]
pub fn now() -> Timestamp {
    world::ask(|world| (world.now)()).unwrap_or_else(Timestamp::now)
}

/// A number in 0..1, for spreading retries.
#[expect(clippy::cast_precision_loss, reason = "a number of this type has 53 bits")]
pub fn jitter() -> f64 {
    let simulated = world::ask(|world| ((world.random)() >> 75) as f64 / (1_u64 << 53) as f64);
    simulated.unwrap_or_else(rand::random)
}

/// A text that no other call returns.
pub fn unique() -> String {
    format!("{:032x}", world::ask(|world| (world.random)()).unwrap_or_else(rand::random::<u128>))
}
