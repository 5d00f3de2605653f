//! The sandbox's clock: what it writes is always the real time.
use jiff::Timestamp;

/// The moment at which something arrived.
#[expect(clippy::disallowed_methods, reason = "the sandbox is an edge: vendors answer with the real time")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
