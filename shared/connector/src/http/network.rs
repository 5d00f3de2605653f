//! A network in memory, for a simulation: it receives the requests of a task in place of the real one.

use std::future::Future;
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::{Request, Response};

use super::error::HttpError;

/// The other end of every connection.
pub trait Network: Send + Sync {
    /// Answers a request, or fails as a connection does.
    fn answer(self: Arc<Self>, request: Request) -> BoxFuture<'static, reqwest::Result<Response>>;

    /// A request had no usable response.
    fn failed(&self, error: &HttpError);
}

tokio::task_local! {
    static NETWORK: Arc<dyn Network>;
}

/// Runs a future whose requests the network receives.
pub async fn inside<F: Future>(network: Arc<dyn Network>, future: F) -> F::Output {
    NETWORK.scope(network, future).await
}

/// The network of the task, if it is not the real one.
pub(super) fn current() -> Option<Arc<dyn Network>> {
    NETWORK.try_with(Arc::clone).ok()
}
