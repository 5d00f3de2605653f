//! What a receiver refuses, by what we do about it.

use connector::credentials::InvalidCredentials;
use connector::http::{AddressRefused, Answer, HttpError, StatusCode, Url, header};
use domain::outcome::{Reason, Setback};
use jiff::{SignedDuration, Timestamp};

use crate::signature::InvalidSecret;

/// How long a receiver is left alone that answers 429 and names no time.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// How much of a receiver's answer a merchant gets to read.
const EXCERPT: usize = 200;

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There was no answer.
    #[error("no answer")]
    Http {
        /// Who was called.
        host: String,
        /// What happened.
        #[source]
        error: HttpError,
    },
    /// Give up: the address is not one that we call.
    #[error(transparent)]
    Address(#[from] AddressRefused),
    /// Hold: the credentials cannot be used.
    #[error(transparent)]
    Credentials(#[from] InvalidCredentials),
    /// Hold: the signing secret cannot be used.
    #[error(transparent)]
    Secret(#[from] InvalidSecret),
    /// Give up: the job came without its fact, which is a mistake of ours.
    #[error("the job has no payload")]
    NothingToTell,
    /// Hold: 401. The receiver does not take our signature, or the address lacks a token: both are credentials, and
    /// it would say so to every message.
    #[error("{host} does not know us")]
    Unauthorized {
        /// Who was called.
        host: String,
        /// How its answer begins.
        said: String,
    },
    /// Give up: 410. The receiver wants no more.
    #[error("{host} is gone")]
    Gone {
        /// Who was called.
        host: String,
    },
    /// Give up: 3xx. Where a redirect leads is the receiver's choice and not the merchant's, and the message is personal.
    #[error("{host} redirects")]
    Redirected {
        /// Who was called.
        host: String,
        /// The host it redirects to.
        to: Option<String>,
    },
    /// Wait: 429, or 503 with a time.
    #[error("{host} wants a pause until {until}")]
    Throttled {
        /// Who was called.
        host: String,
        /// Not before this.
        until: Timestamp,
    },
    /// Try later: 5xx, 408, 425.
    #[error("{host} answered {status}")]
    Unavailable {
        /// Who was called.
        host: String,
        /// The status.
        status: StatusCode,
        /// How its answer begins.
        said: String,
    },
    /// Give up: any other status. 403 is among them: a firewall may refuse one message for its words and take the
    /// next, and holding all of them for it would let one message stop its neighbours.
    #[error("{host} refuses with {status}")]
    Refused {
        /// Who was called.
        host: String,
        /// The status.
        status: StatusCode,
        /// How its answer begins.
        said: String,
    },
}

impl Error {
    /// Sorts an answer that is no success.
    pub(crate) fn of(answer: &Answer, now: Timestamp) -> Self {
        let (host, status) = (answer.host.clone(), answer.status);
        let said = answer.excerpt(EXCERPT);
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized { host, said },
            StatusCode::GONE => Self::Gone { host },
            StatusCode::TOO_MANY_REQUESTS => Self::Throttled { host, until: answer.call_again(now, PAUSE) },
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => Self::Unavailable { host, status, said },
            StatusCode::SERVICE_UNAVAILABLE => match answer.retry_after(now) {
                Some(until) => Self::Throttled { host, until },
                None => Self::Unavailable { host, status, said },
            },
            status if status.is_server_error() => Self::Unavailable { host, status, said },
            status if status.is_redirection() => {
                let to =
                    answer.header(header::LOCATION.as_str()).and_then(|location| Url::parse(location).ok());
                Self::Redirected { host, to: to.and_then(|url| url.host_str().map(str::to_owned)) }
            }
            status => Self::Refused { host, status, said },
        }
    }
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        match error {
            Error::Http { host, error } => error.setback(&host),
            Error::Address(refused) => refused.setback(),
            Error::Credentials(error) => error.into(),
            Error::Secret(InvalidSecret) => Self::reconnect(
                "The signing secret cannot be read.",
                "Connect the integration again with a secret that is whsec_ and base64.",
            ),
            Error::NothingToTell => Self::Rejected {
                reason: Reason::new(
                    "The job came without the event it should tell of; the engine is at fault.",
                ),
            },
            Error::Unauthorized { host, said } => Self::reconnect(
                with(format!("{host} refuses our credentials (401)."), &said),
                "Compare the signing secret and the address with the receiver's, then connect again.",
            ),
            Error::Gone { host } => Self::rejected(
                format!("{host} answered 410: it wants no more of these."),
                "Delete the rule, or connect another address.",
            ),
            Error::Redirected { host, to } => {
                let to = to.map_or_else(String::new, |to| format!(" to {to}"));
                Self::rejected(
                    format!("{host} answered with a redirect{to}, which is not followed."),
                    "Connect the address that it redirects to.",
                )
            }
            Error::Throttled { host, until } => Self::limited(until, format!("{host} asks for a pause.")),
            Error::Unavailable { host, status, said } => {
                Self::later(with(format!("{host} answered {status}."), &said))
            }
            Error::Refused { host, status, said } => Self::rejected(
                with(format!("{host} refuses the message ({status})."), &said),
                "Look in the receiver's own log for the reason.",
            ),
        }
    }
}

fn with(message: String, said: &str) -> String {
    if said.is_empty() { message } else { format!("{message} It says: {said}") }
}
