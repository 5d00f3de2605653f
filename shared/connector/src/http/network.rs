//! A network in memory, for a simulation: it receives the requests of a task in place of the real one.

use std::future::Future;
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::{Request, Response};

/// Answers a request, or fails as a connection does.
pub type Network = Arc<dyn Fn(Request) -> BoxFuture<'static, reqwest::Result<Response>> + Send + Sync>;

tokio::task_local! {
    static NETWORK: Network;
}

/// Runs a future whose requests the network receives.
pub async fn inside<F: Future>(network: Network, future: F) -> F::Output {
    NETWORK.scope(network, future).await
}

/// The network of the task, if it is not the real one.
pub(super) fn current() -> Option<Network> {
    NETWORK.try_with(Arc::clone).ok()
}
