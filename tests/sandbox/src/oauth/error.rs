//! Refusals of the token endpoint: RFC 6749, section 5.2.
use axum::http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::provider::{ClientAuth, Dialect, Provider};
use super::unkept;
use crate::exchange::Reply;

/// Why there are no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Error {
    /// The request is not what the endpoint reads, or lacks something.
    Request(&'static str),
    /// Client or secret are wrong.
    Client,
    /// Code or refresh token are wrong: unknown, used, expired, somebody else's.
    Grant(&'static str),
    /// There are no tokens for this kind of grant.
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
            // As has been seen of a grant_type that is none.
            (Dialect::HighLevel, Self::Request(_) | Self::GrantType) => Reply::json(
                StatusCode::UNPROCESSABLE_ENTITY,
                &json!({ "statusCode": 422, "message": [words], "error": "Unprocessable Entity" }),
            ),
            // The vendor's file has statusCode and message, and does not say which `error` goes with them.
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
