//! What stands in the way of a call whichever app it is to.

use domain::app::App;
use domain::outcome::Setback;
use jiff::{SignedDuration, Timestamp};

use crate::call::MissingSetting;
use crate::credentials::InvalidCredentials;
use crate::http::{Answer, HttpError, StatusCode};

/// What stands in the way of a call whichever app it is to, by what we do about it. An app's own errors are what it says
/// beyond this.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There was no answer, or none that can be read.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Hold: the credentials cannot be used.
    #[error(transparent)]
    Credentials(#[from] InvalidCredentials),
    /// Give up: the rule lacks a setting.
    #[error(transparent)]
    Setting(#[from] MissingSetting),
    /// Wait: 429, or 503 with a time.
    #[error("the app is called too often, wait until {until}")]
    Throttled {
        /// Not before this.
        until: Timestamp,
    },
    /// Try later: any other 5xx, or 408.
    #[error("the app answered {status}")]
    Unavailable {
        /// The status.
        status: StatusCode,
    },
}

impl Fault {
    /// Sorts an answer that means the same whichever app gave it: one that passes by itself. `None` is for the app to
    /// judge. `pause` is how long the account is left alone where a 429 names no time.
    pub fn of(answer: &Answer, now: Timestamp, pause: SignedDuration) -> Option<Self> {
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS => Some(Self::Throttled { until: answer.call_again(now, pause) }),
            StatusCode::SERVICE_UNAVAILABLE => Some(match answer.retry_after(now) {
                Some(until) => Self::Throttled { until },
                None => Self::Unavailable { status: answer.status },
            }),
            status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                Some(Self::Unavailable { status })
            }
            _ => None,
        }
    }

    /// What it means for the job, or for whatever else was asked.
    pub fn setback(self, app: App) -> Setback {
        let label = app.label();
        match self {
            Self::Http(error) => error.setback(label),
            Self::Credentials(error) => error.into(),
            Self::Setting(missing) => missing.into(),
            Self::Throttled { until } => {
                Setback::limited(until, format!("{label} takes no more calls for the moment."))
            }
            Self::Unavailable { status } => {
                Setback::later(format!("{label} has a fault of its own ({status})."))
            }
        }
    }
}
