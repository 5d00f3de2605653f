//! Errors of the token endpoint: RFC 6749, section 5.2.
use axum::http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::provider::{ClientAuth, Dialect, Provider};
use super::unkept;
use crate::exchange::Reply;

/// The reason that no tokens are issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Error {
    /// The request cannot be read or lacks a parameter.
    Request(&'static str),
    /// The client id or secret is wrong.
    Client,
    /// The code or refresh token is wrong: unknown, used, expired, or of another client.
    Grant(&'static str),
    /// The endpoint does not support this grant type.
    GrantType,
}

impl Error {
    pub(super) fn reply(self, provider: &Provider) -> Reply {
        let (status, code, words) = match self {
            Self::Request(words) => (StatusCode::BAD_REQUEST, "invalid_request", words),
            Self::Client => {
                (StatusCode::UNAUTHORIZED, "invalid_client", "Client id and secret are not a client's.")
            }
            Self::Grant(words) => (provider.refused, "invalid_grant", words),
            Self::GrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "There are no tokens for this grant_type.",
            ),
        };
        let reply = match (provider.dialect, self) {
            (Dialect::Standard, _) => {
                Reply::json(status, &json!({ "error": code, "error_description": words }))
            }
            // As clients have received it for an invalid grant_type.
            (Dialect::HighLevel, Self::Request(_) | Self::GrantType) => Reply::json(
                StatusCode::UNPROCESSABLE_ENTITY,
                &json!({ "statusCode": 422, "message": [words], "error": "Unprocessable Entity" }),
            ),
            // The vendor's file has statusCode and message, but does not state the `error` that goes with them.
            (Dialect::HighLevel, Self::Client | Self::Grant(_)) => Reply::json(
                status,
                &json!({
                    "statusCode": status.as_u16(), "message": words, "error": code, "error_description": words,
                }),
            ),
        };
        let reply = unkept(reply);
        if self == Self::Client && provider.client == ClientAuth::Basic {
            return reply.with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"oauth\""));
        }
        reply
    }
}
