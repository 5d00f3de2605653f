//! What keeps a call from its answer whichever app it is to. Apps move to [`crate::failure`], and then this goes.

use domain::app::App;
use domain::outcome::Setback;
use jiff::{SignedDuration, Timestamp};

use crate::credentials::InvalidCredentials;
use crate::http::{Answer, HttpError};

/// A setback that no action branches on.
#[derive(Debug, thiserror::Error)]
#[error("{0:?}")]
pub struct Fault(Setback);

impl Fault {
    /// Sorts an answer that means the same whichever app gave it.
    pub fn of(answer: &Answer, now: Timestamp, pause: SignedDuration) -> Option<Self> {
        answer.passing(now, pause).map(Self)
    }

    /// What it means for the job.
    pub fn setback(self, _: App) -> Setback {
        self.0
    }
}

impl From<Setback> for Fault {
    fn from(setback: Setback) -> Self {
        Self(setback)
    }
}

impl From<HttpError> for Fault {
    fn from(error: HttpError) -> Self {
        Self(error.into())
    }
}

impl From<InvalidCredentials> for Fault {
    fn from(error: InvalidCredentials) -> Self {
        Self(error.into())
    }
}
