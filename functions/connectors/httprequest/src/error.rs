//! Maps an API's error responses to setbacks.

use connector::failure::Said;
use connector::http::{Answer, StatusCode};
use domain::outcome::Setback;
use jiff::Timestamp;

/// Reads an error response. Only refused credentials concern the account; every other response is about one request, and
/// has the meaning that it has for a webhook.
pub(crate) fn setback(answer: &Answer, now: Timestamp) -> Setback {
    match answer.status {
        StatusCode::UNAUTHORIZED => Said::of(answer).reconnect(
            format!("{} rejected our credentials ({})", answer.who, answer.status),
            "Check the secret headers with the API, then connect again.",
        ),
        _ => webhook::error::setback(answer, now),
    }
}
