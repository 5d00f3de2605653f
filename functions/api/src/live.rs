//! ETags for live views. A portal that polls a list sends the ETag of the previous response as `If-None-Match`, and
//! receives 304 without a body until the response changes.
//!
//! The ETag of a page of the log covers the records and not the names of their rules and accounts, so that a page that
//! has not changed reads no names.

use std::convert::Infallible;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::answer::Tagged;
use crate::problem::Problem;

/// Whether the responses of a path can be polled. The page after a login is shown once.
pub(crate) fn is_live(path: &str) -> bool {
    path.starts_with("/v1/") || path.starts_with("/operator/")
}

/// Adds an ETag to responses of reads. A resource that has a version keeps the ETag of that version.
pub(crate) async fn tagged(request: Request, next: Next) -> Response {
    let is_live = request.method() == Method::GET && is_live(request.uri().path());
    let seen = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    if !is_live || response.status() != StatusCode::OK || response.headers().contains_key(header::ETAG) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return Problem::unavailable(&error).into_response(),
    };
    let tag = quoted(&tag(&body));
    if seen.is_some_and(|seen| names(&seen, &tag)) {
        return unchanged(tag);
    }
    parts.headers.insert(header::ETAG, tag);
    Response::from_parts(parts, body.into())
}

/// The `If-None-Match` header of a request.
#[derive(Debug)]
pub(crate) struct Seen(Option<HeaderValue>);

impl<S: Send + Sync> FromRequestParts<S> for Seen {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(header::IF_NONE_MATCH).cloned()))
    }
}

impl Seen {
    /// The response for a body whose names are not read yet: 304 if the caller has seen it, and otherwise the body with
    /// its names.
    pub(crate) async fn or_named<T: Serialize>(
        self,
        body: T,
        named: impl AsyncFnOnce(T) -> Result<T, Problem>,
    ) -> Result<Response, Problem> {
        let tag = tag(&serde_json::to_vec(&body).map_err(|error| Problem::unavailable(&error))?);
        if self.0.is_some_and(|seen| names(&seen, &quoted(&tag))) {
            return Ok(unchanged(quoted(&tag)));
        }
        Ok(Tagged::ok(tag, named(body).await?).into_response())
    }
}

/// The tag of a body, without its quotes.
fn tag(body: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(body))
}

fn quoted(tag: &str) -> HeaderValue {
    #[expect(clippy::expect_used, reason = "quotes and base64 are valid in a header")]
    HeaderValue::from_str(&format!("\"{tag}\"")).expect("a header's value")
}

fn unchanged(tag: HeaderValue) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)], Body::empty()).into_response()
}

/// Whether `If-None-Match` names a tag (RFC 9110, section 13.1.2). A proxy that compresses may have weakened it.
fn names(seen: &HeaderValue, tag: &HeaderValue) -> bool {
    let seen = seen.to_str().unwrap_or_default();
    seen.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_among_others_strong_or_weak() {
        for (seen, is_named) in [
            ("\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(names(&HeaderValue::from_static(seen), &quoted("a")), is_named, "{seen}");
        }
    }
}
