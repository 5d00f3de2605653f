//! Errors as RFC 9457 problem details.

mod kind;
mod logs;
mod operator;
mod rules;

use std::fmt::Display;

use aws::vault::VaultError;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::connector_rpc::RpcError;
use operations::StoreError;
use operations::connectors::ConnectorError;
use operations::integrations::{ConnectError, OptionsError, RefreshError, SaveError};
use runtime::logs::Causes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::input::bounds::{LARGEST_BODY, LARGEST_IMPORT};
use kind::Kind;

/// The maximum number of characters of a path that are quoted.
const LONGEST_QUOTED: usize = 200;

/// An error (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of error, as [`Kind::uri`] names it.
    #[serde(rename = "type")]
    #[schema(schema_with = kind::schema)]
    kind: String,
    /// A summary of the kind of error.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The cause of this error, and how to correct it.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The fields that are not valid.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// The time to wait before a retry, in seconds.
    #[serde(skip)]
    retry_after: Option<u32>,
}

/// The error of a field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// A JSON pointer into the body, or the name of a parameter.
    pub field: String,
    /// The error, and how to correct it.
    pub message: String,
}

impl Problem {
    fn new(kind: Kind) -> Self {
        Self {
            kind: kind.uri(),
            title: kind.title().to_owned(),
            status: kind.status().as_u16(),
            detail: None,
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// Replaces the detail.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// 400: the request cannot be read.
    pub fn malformed_request(detail: impl Into<String>) -> Self {
        Self::new(Kind::MalformedRequest).detail(detail)
    }

    /// 400: a query parameter or a header is not valid.
    pub fn parameter(name: &str, message: impl Into<String>) -> Self {
        let problem = Self::new(Kind::InvalidParameter);
        Self { errors: vec![FieldError { field: name.to_owned(), message: message.into() }], ..problem }
    }

    /// 401: the token is missing or not valid.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(Kind::Unauthorized).detail(detail)
    }

    /// 403: the token does not permit the request.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden).detail(detail)
    }

    /// 404: the resource with this id does not exist.
    pub fn not_found(what: &str, id: impl Display) -> Self {
        Self::new(Kind::NotFound).detail(format!("The {what} `{id}` does not exist."))
    }

    /// 404: the resource does not exist, and the request's path names it.
    pub fn missing(what: &str) -> Self {
        Self::new(Kind::NotFound).detail(format!("This {what} does not exist."))
    }

    /// 404: no route has this path, or an id in it is not valid.
    pub fn no_such_path(uri: &Uri) -> Self {
        let path: String = uri.path().chars().take(LONGEST_QUOTED).collect();
        Self::new(Kind::NotFound)
            .detail(format!("The path `{path}` does not exist, or has an id that is not valid."))
    }

    /// 405: the path does not support the method.
    pub fn method_not_allowed() -> Self {
        Self::new(Kind::MethodNotAllowed)
    }

    /// 409: the request conflicts with the current state.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(Kind::Conflict).detail(detail)
    }

    /// 409: a field of the body conflicts with the current state.
    pub fn field_conflict(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let errors = vec![FieldError { field: field.to_owned(), message: message.clone() }];
        Self { errors, ..Self::conflict(message) }
    }

    /// 412: the resource has changed since it was read.
    pub fn precondition_failed() -> Self {
        Self::new(Kind::PreconditionFailed).detail(
            "The resource has changed since you read it. Read it again and send its new ETag as If-Match.",
        )
    }

    /// 413: the body exceeds the size limit.
    pub fn content_too_large() -> Self {
        Self::new(Kind::ContentTooLarge).detail(format!(
            "The maximum is {LARGEST_BODY} bytes, or {LARGEST_IMPORT} for an import of rules."
        ))
    }

    /// 415: the content type is not JSON.
    pub fn unsupported_media_type() -> Self {
        Self::new(Kind::UnsupportedMediaType).detail("Send it with `content-type: application/json`.")
    }

    /// 422: a field of the body is not valid.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// 422: fields of the body are not valid.
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        let problem = Self::new(Kind::ValidationFailed);
        Self { errors, ..problem }
    }

    /// Prefixes the fields with a pointer into the body.
    #[must_use]
    pub fn under(mut self, pointer: &str) -> Self {
        for error in &mut self.errors {
            error.field.insert_str(0, pointer);
        }
        self
    }

    /// 422 or 503: an app rejected a request, or did not respond.
    pub fn of_app(refused: &RpcError) -> Self {
        let reason = refused.reason();
        let detail = match &reason.hint {
            Some(hint) => format!("{} {hint}", reason.message),
            None => reason.message.clone(),
        };
        let kind = match refused {
            RpcError::Credentials { .. } => Kind::CredentialsRejected,
            RpcError::Rejected { .. } => Kind::AppRejected,
            RpcError::Later { .. } => Kind::AppUnavailable,
        };
        Self::new(kind).detail(detail)
    }

    /// 428: the If-Match header is missing.
    pub fn precondition_required() -> Self {
        Self::new(Kind::PreconditionRequired).detail(
            "Send the ETag of the version that you read as If-Match, so that no other change is lost.",
        )
    }

    /// 429: the session exceeded its rate limit.
    pub fn rate_limited(limit: u32) -> Self {
        let problem = Self::new(Kind::RateLimited);
        Self { retry_after: Some(60), ..problem }
            .detail(format!("The limit is {limit} requests per minute and session."))
    }

    /// 429: another call for the account, or another test of a rule, is in progress.
    pub fn busy(limit: &dyn std::error::Error) -> Self {
        let problem = Self::new(Kind::RateLimited);
        Self { retry_after: Some(5), ..problem }.detail(format!("{limit}."))
    }

    /// 503: an AWS service did not respond. The cause is logged and not returned.
    pub fn unavailable(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %Causes(error), "a request failed");
        let problem = Self::new(Kind::ServiceUnavailable);
        Self { retry_after: Some(1), ..problem }
            .detail("Nothing was changed, or the request can be repeated safely.")
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_string(&self).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Self {
        match &error {
            ConnectError::Label => Self::invalid("/label", error.to_string()),
            ConnectError::Taken { by, .. } => Self::field_conflict(
                "/label",
                format!(
                    "{error}, by PUT /v1/integrations/{by}/credentials or POST /v1/logins with `integration`."
                ),
            ),
            ConnectError::Gone => Self::missing("integration"),
            ConnectError::OtherApp { .. } | ConnectError::Full => Self::conflict(error.to_string()),
            ConnectError::Method { .. } => Self::invalid("/method", error.to_string()),
            ConnectError::Credentials(invalid) => {
                let field = match invalid.key() {
                    Some(key) => format!("/credentials/{key}"),
                    None => "/credentials".to_owned(),
                };
                Self::invalid(field, invalid.to_string())
            }
            ConnectError::Refused(refused) => Self::of_app(refused),
            ConnectError::Vault(too_large @ VaultError::TooLarge(_)) => {
                Self::invalid("/credentials", too_large.to_string())
            }
            ConnectError::Connector(error) => error.into(),
            ConnectError::NoManifest(_)
            | ConnectError::Vault(VaultError::Unreadable | VaultError::Unavailable { .. })
            | ConnectError::Store(_) => Self::unavailable(&error),
            ConnectError::Save(error) => error.into(),
        }
    }
}

impl From<&SaveError> for Problem {
    fn from(error: &SaveError) -> Self {
        match error {
            SaveError::Changed => Self::precondition_failed(),
            SaveError::LabelTaken(_) => Self::field_conflict(
                "/label",
                "Another integration has this label. Choose a different label.",
            ),
            SaveError::Store(_) => Self::unavailable(error),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match &error {
            RefreshError::Unknown => Self::missing("integration"),
            RefreshError::Refused(refused) => Self::of_app(refused),
            RefreshError::Changed => Self::conflict(error.to_string()),
            RefreshError::Connector(error) => error.into(),
            RefreshError::Store(_) => Self::unavailable(&error),
        }
    }
}

impl From<OptionsError> for Problem {
    fn from(error: OptionsError) -> Self {
        match &error {
            OptionsError::UnknownIntegration => Self::missing("integration"),
            OptionsError::UnknownList { .. } => Self::new(Kind::NotFound).detail(format!("{error}.")),
            OptionsError::Cursor(invalid) => (*invalid).into(),
            OptionsError::Store(_) => Self::unavailable(&error),
        }
    }
}

impl From<&ConnectorError> for Problem {
    fn from(error: &ConnectorError) -> Self {
        match error {
            ConnectorError::Refused(refused) => Self::of_app(refused),
            ConnectorError::Limited(limit) => Self::busy(limit),
            ConnectorError::NotDeployed(_) => Self::conflict(format!("{error}.")),
            ConnectorError::Store(_) | ConnectorError::Function(_) | ConnectorError::Unreadable { .. } => {
                Self::unavailable(error)
            }
        }
    }
}
