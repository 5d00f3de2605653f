//! Responses of services.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde::Serialize;
use serde_json::json;

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The error's code; empty if there is none.
    pub(super) code: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// A successful response with this JSON.
    pub(super) fn json(body: &impl Serialize) -> Self {
        // No response has a map whose keys are no strings, so all can be written.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self { status: 200, code: "", headers: Vec::new(), body }
    }

    /// An error.
    pub(super) fn error(status: u16, code: &'static str, message: &str) -> Self {
        Self::json(&json!({ "__type": code, "message": message })).failing(status, code)
    }

    /// The same response, as an error.
    pub(super) fn failing(self, status: u16, code: &'static str) -> Self {
        let mut answer = Self { status, code, ..self };
        // The protocols with paths, and query-compatible ones, have the code here.
        answer.headers.push(("x-amzn-errortype", code.to_owned()));
        answer
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn response(self) -> Option<HttpResponse> {
        let mut response = HttpResponse::new(self.status.try_into().ok()?, self.body.into());
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        Some(response)
    }
}
