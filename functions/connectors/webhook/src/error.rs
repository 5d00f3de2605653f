//! What a receiver's answers mean.

use connector::failure::Said;
use connector::http::{Answer, StatusCode, Url, header};
use domain::outcome::Setback;
use jiff::{SignedDuration, Timestamp};

/// How long a receiver is left alone that answers 429 and names no time.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// Reads an answer that is no success. No action branches on one.
pub(crate) fn setback(answer: &Answer, now: Timestamp) -> Setback {
    let (host, status, said) = (&answer.who, answer.status, Said::of(answer));
    match status {
        // The receiver rejects our signature, or the address lacks a token: both are credentials, and it would say so
        // to every message.
        StatusCode::UNAUTHORIZED => said.reconnect(
            format!("{host} rejected our credentials ({status})"),
            "Compare the signing secret and the address with the receiver's, then connect again.",
        ),
        StatusCode::GONE => Setback::rejected(
            format!("{host} answered {status}: it wants no more messages."),
            "Connect another address, or delete what sends to this one.",
        ),
        StatusCode::TOO_MANY_REQUESTS => answer.limited(now, PAUSE),
        StatusCode::SERVICE_UNAVAILABLE if answer.retry_after(now).is_some() => answer.limited(now, PAUSE),
        status
            if status.is_server_error()
                || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY) =>
        {
            Setback::transient(said.after(format!("{host} answered {status}")))
        }
        // Where a redirect leads is the receiver's choice and not the merchant's, and the message is personal.
        status if status.is_redirection() => {
            let to = answer.header(header::LOCATION.as_str()).and_then(|location| Url::parse(location).ok());
            let to = to.as_ref().and_then(Url::host_str).map_or_else(String::new, |to| format!(" to {to}"));
            Setback::rejected(
                format!("{host} answered with a redirect{to}, which is not followed."),
                "Connect the address that it redirects to.",
            )
        }
        // 403 among them: a firewall may reject one message for its words and take the next, and holding all of them
        // for it would let one message stop its neighbours.
        status => said.rejected(
            format!("{host} rejected the message ({status})"),
            "Look in the receiver's own log for the reason.",
        ),
    }
}
