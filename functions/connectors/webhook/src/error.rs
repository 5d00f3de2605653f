//! Maps a receiver's error responses to setbacks.

use connector::failure::Said;
use connector::http::{Answer, StatusCode, Url, header};
use domain::outcome::{Fix, Setback};
use jiff::{SignedDuration, Timestamp};

/// The wait after a 429 without a time.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// Reads an error response. No action handles one differently.
pub fn setback(answer: &Answer, now: Timestamp) -> Setback {
    let (host, status, said) = (&answer.who, answer.status, Said::of(answer));
    match status {
        // The receiver rejects our signature, or the address lacks a token. Both are credentials, so every message
        // would fail.
        StatusCode::UNAUTHORIZED => said.reconnect(
            format!("{host} rejected our credentials ({status})"),
            "Compare the signing secret and the address with the receiver's, then connect again.",
        ),
        StatusCode::GONE => Setback::rejected(
            Fix::Account,
            format!("{host} answered {status}: the receiver accepts no more messages."),
            "Connect the address of a receiver that accepts messages.",
        ),
        StatusCode::TOO_MANY_REQUESTS => answer.limited(now, PAUSE),
        StatusCode::SERVICE_UNAVAILABLE if answer.retry_after(now).is_some() => answer.limited(now, PAUSE),
        status
            if status.is_server_error()
                || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY) =>
        {
            Setback::transient(said.after(format!("{host} answered {status}")))
        }
        // The receiver, not the merchant, chooses a redirect's target, and the message has personal data.
        status if status.is_redirection() => {
            let to = answer.header(header::LOCATION.as_str()).and_then(|location| Url::parse(location).ok());
            let to = to.as_ref().and_then(Url::host_str).map_or_else(String::new, |to| format!(" to {to}"));
            Setback::rejected(
                Fix::Account,
                format!("{host} answered with a redirect{to}, which is not followed."),
                "Connect the address that it redirects to.",
            )
        }
        // Includes 403: a firewall may reject one message for its content and accept the next, so one message must not
        // hold all of the account's messages.
        status => said.rejected(
            None,
            format!("{host} rejected the message ({status})"),
            "Look in the receiver's own log for the reason.",
        ),
    }
}
