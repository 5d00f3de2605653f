//! Mailchimp's errors: <https://mailchimp.com/developer/marketing/docs/errors/>.
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::exchange::Reply;

/// A problem document.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: String,
    /// Field and message.
    errors: Vec<(String, String)>,
    allow: Option<&'static str>,
}

impl Problem {
    fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), errors: Vec::new(), allow: None }
    }

    pub(super) fn key_missing() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "API Key Missing", "Your request did not include an API key.")
    }

    pub(super) fn key_invalid() -> Self {
        let detail = "Your API key may be invalid, or you've attempted to access the wrong datacenter.";
        Self::new(StatusCode::UNAUTHORIZED, "API Key Invalid", detail)
    }

    pub(super) fn key_disabled() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "API Key Invalid", "API key has been disabled")
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Resource Not Found", "The requested resource could not be found.")
    }

    pub(super) fn method_not_allowed(allow: &'static str) -> Self {
        let detail = "The requested method and resource are not compatible. See the Allow header for this \
                      resource's available methods.";
        Self { allow: Some(allow), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed", detail) }
    }

    /// Archived, pending and cleaned members cannot be archived.
    pub(super) fn not_removable() -> Self {
        let detail = "This list member cannot be removed.  Please contact support.";
        Self { detail: detail.to_owned(), ..Self::method_not_allowed("GET, PUT") }
    }

    /// Stricter than the vendor, to find a client that omits the header.
    pub(super) fn not_json() -> Self {
        let detail = "The request's Content-Type is not application/json.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type", detail)
    }

    pub(super) fn unreadable() -> Self {
        let detail = "We encountered an unspecified JSON parsing error.";
        Self::new(StatusCode::BAD_REQUEST, "JSON Parse Error", detail)
    }

    /// `Invalid Resource` with a detail of its own.
    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Invalid Resource", detail)
    }

    /// `Invalid Resource` because of these fields.
    pub(super) fn invalid_fields(errors: Vec<(String, String)>) -> Self {
        let detail = "The resource submitted could not be validated. For field-specific details, see the 'errors' \
                      array.";
        Self { errors, ..Self::invalid(detail) }
    }

    pub(super) fn invalid_field(field: &str, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![(field.to_owned(), message.into())])
    }

    pub(super) fn missing(field: &str) -> Self {
        Self::invalid_field("", format!("Required fields were not provided: {field}"))
    }

    pub(super) fn invalid_merge_fields(errors: Vec<(String, String)>) -> Self {
        Self { errors, ..Self::invalid("Your merge fields were invalid.") }
    }

    pub(super) fn invalid_address() -> Self {
        Self::invalid("Please provide a valid email address.")
    }

    pub(super) fn fake(email: &str) -> Self {
        Self::invalid(format!("{email} looks fake or invalid, please enter a real email address."))
    }

    pub(super) fn busy(email: &str) -> Self {
        Self::invalid(format!(
            "{email} has signed up to a lot of lists very recently; we're not allowing more signups for now"
        ))
    }

    pub(super) fn exists(email: &str) -> Self {
        let detail = format!("{email} is already a list member. Use PUT to insert or update list members.");
        Self::new(StatusCode::BAD_REQUEST, "Member Exists", detail)
    }

    pub(super) fn compliance(email: &str) -> Self {
        let detail = format!(
            "{email} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be \
             subscribed."
        );
        Self::new(StatusCode::BAD_REQUEST, "Member In Compliance State", detail)
    }

    pub(super) fn forgotten(email: &str) -> Self {
        let detail = format!(
            "{email} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back \
             on the list."
        );
        Self::new(StatusCode::BAD_REQUEST, "Forgotten Email Not Subscribed", detail)
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let instance = instance();
        let mut body = json!({
            "type": "https://mailchimp.com/developer/marketing/docs/errors/",
            "title": problem.title,
            "status": problem.status.as_u16(),
            "detail": problem.detail,
            "instance": instance,
        });
        if !problem.errors.is_empty() {
            let errors =
                problem.errors.iter().map(|(field, message)| json!({ "field": field, "message": message }));
            body["errors"] = errors.collect::<Vec<Value>>().into();
        }
        let mut reply =
            Reply::typed(problem.status, "application/problem+json; charset=utf-8", body.to_string());
        if let Ok(instance) = HeaderValue::from_str(&instance) {
            reply = reply.with(HeaderName::from_static("x-request-id"), instance);
        }
        match problem.allow {
            Some(allow) => reply.with(header::ALLOW, HeaderValue::from_static(allow)),
            None => reply,
        }
    }
}

/// An id in the form of a UUID.
fn instance() -> String {
    let digits = format!("{:032x}", rand::random::<u128>());
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}
