//! The clock of the tests.

use jiff::Timestamp;

/// The current time.
#[expect(clippy::disallowed_methods, reason = "a test is an edge")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
