//! A call to AWS.

use super::faults::Service;

/// A call as it came in.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) service: Service,
    pub(super) operation: String,
    /// The resource that the path names.
    pub(super) resource: String,
    /// The query of the address.
    pub(super) query: String,
    pub(super) asynchronous: bool,
    pub(super) body: Vec<u8>,
}
