//! The kinds of errors, with their HTTP status, title and name in the `type` of a problem.

use axum::http::StatusCode;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// The prefix of a problem's `type`.
const PREFIX: &str = "urn:integration-engine:problem:";

/// The kind of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The request cannot be read.
    MalformedRequest,
    /// A query parameter or a header is not valid.
    InvalidParameter,
    /// The token is missing or not valid.
    Unauthorized,
    /// The token does not permit the request.
    Forbidden,
    /// The resource does not exist.
    NotFound,
    /// The path does not support the method.
    MethodNotAllowed,
    /// The request conflicts with the current state.
    Conflict,
    /// The resource has changed since it was read.
    PreconditionFailed,
    /// The body exceeds the size limit.
    ContentTooLarge,
    /// The content type is not JSON.
    UnsupportedMediaType,
    /// Fields of the body are not valid.
    ValidationFailed,
    /// The app rejected the account's credentials.
    CredentialsRejected,
    /// The app rejected the request.
    AppRejected,
    /// The app did not respond.
    AppUnavailable,
    /// The If-Match header is missing.
    PreconditionRequired,
    /// The rate limit is exceeded.
    RateLimited,
    /// An AWS service did not respond.
    ServiceUnavailable,
}

/// The schema of a problem's `type`.
pub(super) fn schema() -> Object {
    let types = Kind::ALL.iter().map(|kind| kind.uri());
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("The kind of error."))
        .enum_values(Some(types))
        .build()
}

impl Kind {
    const ALL: [Self; 17] = [
        Self::MalformedRequest,
        Self::InvalidParameter,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::PreconditionFailed,
        Self::ContentTooLarge,
        Self::UnsupportedMediaType,
        Self::ValidationFailed,
        Self::CredentialsRejected,
        Self::AppRejected,
        Self::AppUnavailable,
        Self::PreconditionRequired,
        Self::RateLimited,
        Self::ServiceUnavailable,
    ];

    /// The problem's `type`.
    pub(super) fn uri(self) -> String {
        format!("{PREFIX}{}", self.name())
    }

    /// The HTTP status.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::MalformedRequest | Self::InvalidParameter => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::ContentTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::ValidationFailed | Self::CredentialsRejected | Self::AppRejected => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::AppUnavailable | Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The last part of the problem's `type`.
    fn name(self) -> &'static str {
        match self {
            Self::MalformedRequest => "malformed-request",
            Self::InvalidParameter => "invalid-parameter",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Conflict => "conflict",
            Self::PreconditionFailed => "precondition-failed",
            Self::ContentTooLarge => "content-too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::ValidationFailed => "validation-failed",
            Self::CredentialsRejected => "credentials-rejected",
            Self::AppRejected => "app-rejected",
            Self::AppUnavailable => "app-unavailable",
            Self::PreconditionRequired => "precondition-required",
            Self::RateLimited => "rate-limited",
            Self::ServiceUnavailable => "service-unavailable",
        }
    }

    /// A summary.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::MalformedRequest => "The request cannot be read",
            Self::InvalidParameter => "A parameter is not valid",
            Self::Unauthorized => "A valid portal token is required",
            Self::Forbidden => "Not allowed",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "The path does not support this method",
            Self::Conflict => "Conflicts with the current state",
            Self::PreconditionFailed => "Precondition failed",
            Self::ContentTooLarge => "The body is too large",
            Self::UnsupportedMediaType => "The body must be JSON",
            Self::ValidationFailed => "The input is not valid",
            Self::CredentialsRejected => "The app rejected the credentials",
            Self::AppRejected => "The app rejected the request",
            Self::AppUnavailable => "The app does not respond",
            Self::PreconditionRequired => "If-Match header is required",
            Self::RateLimited => "Too many requests",
            Self::ServiceUnavailable => "Try again",
        }
    }
}
