//! Responses with an `ETag`, and the `If-Match` header that refers to one.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::IntoParams;

use crate::problem::Problem;

/// A response with its entity tag (RFC 9110, section 8.8.3).
#[derive(Debug)]
pub struct Tagged<T> {
    /// The HTTP status.
    pub status: StatusCode,
    /// The tag, without its quotes.
    pub etag: String,
    /// The body.
    pub body: T,
}

impl<T> Tagged<T> {
    /// A response with status 200.
    pub fn ok(etag: impl Into<String>, body: T) -> Self {
        Self { status: StatusCode::OK, etag: etag.into(), body }
    }

    /// A response with status 201.
    pub fn created(etag: impl Into<String>, body: T) -> Self {
        Self { status: StatusCode::CREATED, etag: etag.into(), body }
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.etag)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// The version that a change refers to. `*` (any version) is rejected, because it would overwrite changes of other
/// callers.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatch {
    /// The ETag of the version that was read
    #[param(rename = "if-match")]
    pub etag: String,
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let value = parts.headers.get(header::IF_MATCH).ok_or_else(Problem::precondition_required)?;
        let tag = value.to_str().ok().and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"'));
        tag.map(|tag| Self { etag: tag.to_owned() }).ok_or_else(Problem::precondition_failed)
    }
}
