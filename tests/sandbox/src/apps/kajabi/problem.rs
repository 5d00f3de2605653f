//! Kajabi's errors, in the schema `errors_attributes` of JSON:API. The documents show only the schema, so the texts are
//! our own unless a comment says otherwise.
use axum::http::StatusCode;
use serde_json::json;

use super::document::document;
use crate::exchange::Reply;

/// An error document with one error.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: String,
    pointer: Option<&'static str>,
}

impl Problem {
    fn new(status: StatusCode, title: &'static str, detail: &str) -> Self {
        Self { status, title, detail: detail.to_owned(), pointer: None }
    }

    pub(super) fn unauthorized() -> Self {
        let detail = "Authorization header is missing or invalid";
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", detail)
    }

    pub(super) fn forbidden() -> Self {
        let detail = "Insufficient permission to access the resource";
        Self::new(StatusCode::FORBIDDEN, "Forbidden", detail)
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", "The resource is unknown")
    }

    pub(super) fn not_acceptable() -> Self {
        let detail = "Accept must be application/vnd.api+json";
        Self::new(StatusCode::NOT_ACCEPTABLE, "Not acceptable", detail)
    }

    pub(super) fn unsupported() -> Self {
        let detail = "Content-Type must be application/vnd.api+json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type", detail)
    }

    pub(super) fn bad_request(detail: &str, pointer: Option<&'static str>) -> Self {
        Self { pointer, ..Self::new(StatusCode::BAD_REQUEST, "Bad request", detail) }
    }

    pub(super) fn unprocessable(detail: &str, pointer: &'static str) -> Self {
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Unprocessable entity", detail);
        Self { pointer: Some(pointer), ..problem }
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let source = problem.pointer.map(|pointer| json!({ "pointer": pointer }));
        let error = json!({
            "status": problem.status.as_str(), "source": source, "title": problem.title, "detail": problem.detail,
        });
        document(problem.status, &json!({ "errors": [error] }))
    }
}
