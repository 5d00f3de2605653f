//! The apps without a server: a caller in the same process passes them requests.
use axum::body::Bytes;
use axum::http;
use jiff::Timestamp;
use serde_json::Value;

use crate::apps::Query;
use crate::exchange::{Refusal, Request};
use crate::world::World;

/// The apps' state. Requests are applied at once, at the time that the caller names.
pub struct Apps(World);

impl Default for Apps {
    fn default() -> Self {
        Self(World::new(0, false))
    }
}

impl Apps {
    /// Applies a request to `/{app}/…`, and returns the app's response.
    ///
    /// # Errors
    /// There is no such app.
    pub fn apply(
        &self,
        request: http::Request<Bytes>,
        at: Timestamp,
    ) -> Result<http::Response<Bytes>, Refusal> {
        let (parts, body) = request.into_parts();
        let whole = parts.uri.path().trim_start_matches('/');
        let (app, path) = whole.split_once('/').unwrap_or((whole, ""));
        let request = Request {
            seq: 0,
            at,
            method: parts.method,
            path: format!("/{path}"),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
        };
        let reply = self.0.apply(app, &request)?;
        let mut response = http::Response::new(reply.body);
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        Ok(response)
    }

    /// Changes how an app's OAuth behaves: see [`Sandbox::oauth`](crate::Sandbox::oauth).
    ///
    /// # Errors
    /// The app has no OAuth, or the instruction is not valid.
    pub fn oauth(&self, app: &str, instruction: Value) -> Result<(), Refusal> {
        self.0.oauth.instruct(app, instruction, &self.0.tokens)
    }

    /// An app's state.
    ///
    /// # Errors
    /// There is no such app.
    pub fn state(&self, app: &str) -> Result<Value, Refusal> {
        self.0.app(app)?.state(&Query::default())
    }
}
