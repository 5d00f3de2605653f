//! The sandbox's promises, tested over HTTP.
#![expect(clippy::unwrap_used, reason = "what these helpers unwrap fails the test that uses them")]

mod circle;
mod faults;
mod highlevel;
mod kajabi;
mod kit;
mod mailchimp;
mod oauth;
mod recording;
mod thinkific;
mod webhook;

use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use sandbox::Sandbox;
use serde_json::Value;

/// The key that these tests use.
const KEY: &str = "0123456789abcdef0123456789abcdef-us6";

/// A client like that of a connector.
#[expect(
    clippy::disallowed_methods,
    reason = "these tests play the client; the kit's client is not under test"
)]
fn client() -> Client {
    // Another test of this process may have installed the same provider.
    rustls::crypto::ring::default_provider().install_default().ok();
    Client::new()
}

/// A sandbox and a client that calls it.
struct Bench {
    sandbox: Sandbox,
    client: Client,
}

/// Waits until the condition holds, for a time that suffices on a busy machine.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    const PATIENCE: Duration = Duration::from_mins(2);
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < PATIENCE, "{what}: not seen within {} s", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Status, headers and JSON body (null if the body is not JSON) of a response.
struct Answer {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Bench {
    async fn new() -> Self {
        Self { sandbox: Sandbox::start().await.unwrap(), client: client() }
    }

    /// A call to any path, with Mailchimp's credentials.
    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.sandbox.url())).basic_auth("anyone", Some(KEY))
    }

    async fn get(&self, path: &str) -> Answer {
        answer(self.call(Method::GET, path)).await
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        answer(self.call(method, path).json(&body)).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, body).await
    }
}

async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.unwrap();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    Answer { status, headers, body }
}
