//! A response, as an HTTP API takes it, and the headers that protect the page.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

/// Features of the browser that the console does not use.
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
     microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()";

/// A response in payload format 2.0.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    /// The HTTP status.
    pub(crate) status_code: u16,
    /// The headers.
    pub(crate) headers: BTreeMap<&'static str, String>,
    /// The body, encoded because a Lambda function returns text.
    body: String,
    is_base64_encoded: bool,
}

impl Response {
    /// A response without content.
    pub(crate) fn empty(status_code: u16) -> Self {
        Self { status_code, headers: BTreeMap::new(), body: String::new(), is_base64_encoded: false }
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    /// The response to `HEAD`: the headers of the response to `GET`.
    pub(crate) fn without_body(self) -> Self {
        Self { body: String::new(), is_base64_encoded: false, ..self }
    }

    /// Sets the content.
    pub(crate) fn body(mut self, content: &[u8]) -> Self {
        self.body = BASE64_STANDARD.encode(content);
        self.is_base64_encoded = true;
        self
    }
}

/// The policies that every response has.
#[derive(Debug)]
pub(crate) struct Policy {
    content_security: String,
}

impl Policy {
    /// `frame_ancestors` is a source list of CSP: `'none'`, or the origins whose pages may frame the console.
    pub(crate) fn new(frame_ancestors: &str) -> Self {
        Self {
            content_security: format!(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                 connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {frame_ancestors}"
            ),
        }
    }

    /// Adds the policies to a response.
    pub(crate) fn on(&self, response: Response) -> Response {
        response
            .with("content-security-policy", &self.content_security)
            .with("permissions-policy", PERMISSIONS)
            .with("referrer-policy", "no-referrer")
            .with("x-content-type-options", "nosniff")
    }
}

#[cfg(test)]
impl Response {
    pub(crate) fn content(&self) -> Vec<u8> {
        assert_eq!(self.is_base64_encoded, !self.body.is_empty());
        BASE64_STANDARD.decode(&self.body).unwrap()
    }
}
