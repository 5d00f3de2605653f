//! Circle's errors.
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::exchange::Reply;

/// An error document.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    body: Value,
}

impl Problem {
    fn new(status: StatusCode, message: &str, details: &Value) -> Self {
        Self { status, body: json!({ "success": false, "message": message, "error_details": details }) }
    }

    pub(super) fn token_invalid() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "The API token is invalid.", &json!({}))
    }

    pub(super) fn not_eligible() -> Self {
        let message = "The community is not eligible for admin API v2 access.";
        Self::new(StatusCode::FORBIDDEN, message, &json!({}))
    }

    /// One of the two errors with `errors` instead of `message`.
    pub(super) fn daily_limit() -> Self {
        Self::limit("Daily member limit exceeded.")
    }

    /// The other error with `errors`.
    pub(super) fn member_limit() -> Self {
        Self::limit("Your community has reached the maximum limit of members supported by your plan.")
    }

    fn limit(errors: &str) -> Self {
        Self { status: StatusCode::FORBIDDEN, body: json!({ "success": false, "errors": errors }) }
    }

    /// The message is the same for every record; the details name it.
    pub(super) fn missing(record: &str) -> Self {
        let details = json!({ "message": format!("Missing record: {record}") });
        Self::new(StatusCode::NOT_FOUND, "Oops! Missing record. Please try again later.", &details)
    }

    /// A path that Circle does not have, or that the sandbox does not implement.
    pub(super) fn no_such_call() -> Self {
        Self::new(StatusCode::NOT_FOUND, "No such call.", &json!({}))
    }

    pub(super) fn unreadable(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message, &json!({}))
    }

    pub(super) fn refused(message: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message, &json!({}))
    }

    /// A field that does not match the document.
    pub(super) fn field(name: &str, what: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid parameters", &json!({ name: [what] }))
    }

    pub(super) fn tag_not_saved(what: &str) -> Self {
        let details = json!({ "name": [what] });
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Unable to save member tag", &details)
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        Reply::json(problem.status, &problem.body)
    }
}
