//! The sandbox's clock, which always returns the real time.
use jiff::Timestamp;

/// The current time, when a request arrives.
#[expect(clippy::disallowed_methods, reason = "the sandbox is an edge: vendors answer with the real time")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
