//! Thinkific's errors:
//! <https://support.thinkific.dev/hc/en-us/articles/4422657182743-REST-API-Response-Format>.
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::exchange::Reply;

/// The reason that a call is rejected.
#[derive(Debug)]
pub(super) enum Refused {
    /// Invalid key, subdomain or token.
    Credentials,
    /// The site's plan does not include apps.
    Plan,
    /// The record does not exist.
    NotFound,
    /// The method does not exist.
    Method,
    /// 422 with messages by field.
    Fields(Vec<(&'static str, &'static str)>),
    /// 422 with a list of sentences.
    Sentences(Vec<&'static str>),
}

impl From<Refused> for Reply {
    fn from(refused: Refused) -> Self {
        let error = |status, text: &str| Reply::json(status, &json!({ "error": text }));
        match refused {
            Refused::Credentials => error(StatusCode::UNAUTHORIZED, "Authentication Error"),
            Refused::Plan => error(
                StatusCode::FORBIDDEN,
                "Access to Apps is not available on your plan. Upgrade to gain access",
            ),
            Refused::NotFound => error(StatusCode::NOT_FOUND, "Record not found."),
            Refused::Method => error(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed."),
            Refused::Fields(fields) => {
                let mut errors = Map::new();
                for (field, message) in fields {
                    let messages = errors.entry(field).or_insert_with(|| json!([]));
                    if let Value::Array(messages) = messages {
                        messages.push(json!(message));
                    }
                }
                Reply::json(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "errors": errors }))
            }
            Refused::Sentences(sentences) => {
                Reply::json(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "errors": sentences }))
            }
        }
    }
}
