//! JSON:API's documents.

use axum::http::StatusCode;
use serde_json::Value;

use crate::exchange::Reply;

/// JSON:API's media type, both ways.
pub(super) const MEDIA_TYPE: &str = "application/vnd.api+json";

/// A document of that type.
pub(super) fn document(status: StatusCode, body: &Value) -> Reply {
    Reply::typed(status, MEDIA_TYPE, body.to_string())
}
