//! Documents of JSON:API.

use axum::http::StatusCode;
use serde_json::Value;

use crate::exchange::Reply;

/// The media type of JSON:API, in requests and responses.
pub(super) const MEDIA_TYPE: &str = "application/vnd.api+json";

/// A document with that media type.
pub(super) fn document(status: StatusCode, body: &Value) -> Reply {
    Reply::typed(status, MEDIA_TYPE, body.to_string())
}
