//! ETags for live views. A portal that polls a list sends the ETag of the previous response as `If-None-Match`, and
//! receives 304 without a body until the response changes.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

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
    let tag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&body)));
    let Ok(value) = HeaderValue::from_str(&tag) else { return Response::from_parts(parts, body.into()) };
    if seen.is_some_and(|seen| names(&seen, &tag)) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, value)], Body::empty()).into_response();
    }
    parts.headers.insert(header::ETAG, value);
    Response::from_parts(parts, body.into())
}

/// Whether `If-None-Match` names a tag (RFC 9110, section 13.1.2). A proxy that compresses may have weakened it.
fn names(seen: &HeaderValue, tag: &str) -> bool {
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
            assert_eq!(names(&HeaderValue::from_static(seen), "\"a\""), is_named, "{seen}");
        }
    }
}
