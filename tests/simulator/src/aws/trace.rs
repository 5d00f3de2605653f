//! What happened, for readable histories and for invariants.

use jiff::Timestamp;

use super::faults::Service;

/// An event in the AWS in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// When it happened.
    pub at: Timestamp,
    /// The service.
    pub service: Service,
    /// One line: the operation, its key and its result.
    pub text: String,
}
