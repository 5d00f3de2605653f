//! The `main` of every connector function.

use runtime::Error;

use crate::call::Connector;
use crate::http::HttpSettings;
use crate::serve;

/// Serves the connector that `connect` builds, as [`serve()`] does, on one thread.
///
/// # Errors
/// The function cannot start.
pub fn run<C, E>(connect: impl FnOnce(&HttpSettings) -> Result<C, E>) -> Result<(), Error>
where
    C: Connector,
    E: Into<Error>,
{
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(connect))
}
