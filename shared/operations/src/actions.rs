//! Changes of single actions: retry and cancellation.

mod cancel;
mod retry;

pub use cancel::CancelError;
pub use retry::{Retried, Retry, RetryError};

use crate::engine::Engine;

/// The operations on single actions.
#[derive(Debug, Clone, Copy)]
pub struct Actions<'a>(&'a Engine);

impl Engine {
    /// The operations on single actions.
    pub fn actions(&self) -> Actions<'_> {
        Actions(self)
    }
}
