//! The code of a function.

use std::future::Future;

use crate::aws::functions::Context;

/// A started function.
pub(super) trait Code: 'static {
    /// Handles an event.
    fn handle(&self, event: String, context: Context) -> impl Future<Output = Result<String, String>>;
}
