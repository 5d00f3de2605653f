//! HighLevel's errors: `common/common-schemas.json` of <https://github.com/GoHighLevel/highlevel-api-docs>.
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::exchange::Reply;

/// An error document.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    message: Value,
    error: Option<&'static str>,
    meta: Option<Value>,
}

impl Problem {
    fn new(status: StatusCode, message: impl Into<Value>, error: Option<&'static str>) -> Self {
        Self { status, message: message.into(), error, meta: None }
    }

    /// 400.
    pub(super) fn bad(message: impl Into<Value>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message, None)
    }

    /// 401.
    pub(super) fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message, Some("Unauthorized"))
    }

    pub(super) fn bad_token() -> Self {
        Self::unauthorized("Invalid token: access token is invalid")
    }

    pub(super) fn expired_token() -> Self {
        Self::unauthorized("Invalid JWT")
    }

    pub(super) fn other_location() -> Self {
        let message = "The token does not have access to this location.";
        Self::new(StatusCode::FORBIDDEN, message, Some("Forbidden"))
    }

    pub(super) fn no_contact(id: &str) -> Self {
        Self::bad(format!("Contact with id {id} not found"))
    }

    pub(super) fn no_route(method: &str, path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Cannot {method} {path}"), Some("Not Found"))
    }

    /// All errors of the fields.
    pub(super) fn unprocessable(messages: Vec<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, messages, Some("Unprocessable Entity"))
    }

    /// The error that clients have received in a location that does not allow duplicates.
    pub(super) fn duplicate(contact: &str, name: &str, field: &str) -> Self {
        let meta = json!({ "contactId": contact, "contactName": name, "matchingField": field });
        Self { meta: Some(meta), ..Self::bad("This location does not allow duplicated contacts.") }
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let mut body = json!({ "statusCode": problem.status.as_u16(), "message": problem.message });
        if let Some(error) = problem.error {
            body["error"] = error.into();
        }
        if let Some(meta) = problem.meta {
            body["meta"] = meta;
        }
        Reply::json(problem.status, &body)
    }
}
