//! The contract between the kit and a connector.

use std::future::Future;

use domain::app::App;
use domain::job::Job;
use domain::outcome::{Outcome, Reason};
use jiff::Timestamp;

use crate::credentials::Credentials;

/// One app's connector: performs a job and says what it came to. It keeps no state between calls but its client.
pub trait Connector: Send + Sync {
    /// The app.
    const APP: App;

    /// Performs the job once. Every way that it can end is an [`Outcome`]; nothing is retried within.
    fn perform(&self, call: &Call<'_>) -> impl Future<Output = Outcome> + Send;
}

/// One attempt at one job.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// What to do.
    pub job: &'a Job,
    /// The account to do it in.
    pub credentials: &'a Credentials,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The time now.
    pub now: Timestamp,
}

/// A setting that the action cannot do without is not in the job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rule has no `{key}`")]
pub struct MissingSetting {
    /// Its key.
    pub key: String,
}

impl<'a> Call<'a> {
    /// The text of a setting that the action cannot do without.
    ///
    /// # Errors
    /// [`MissingSetting`]: absent, blank or no text.
    pub fn setting(&self, key: &str) -> Result<&'a str, MissingSetting> {
        self.job.settings.text(key).ok_or_else(|| MissingSetting { key: key.to_owned() })
    }

    /// What becomes of a job whose action the connector does not have: an older version's, or a mistake of ours.
    pub fn unknown_action(&self) -> Outcome {
        let message = format!("{} has no action `{}`.", self.job.app.label(), self.job.action);
        Outcome::Rejected { reason: Reason::new(message).hint("Edit the rule and choose an action.") }
    }
}

impl From<MissingSetting> for Outcome {
    fn from(missing: MissingSetting) -> Self {
        let message = format!("The rule does not say which `{}`.", missing.key);
        Outcome::Rejected { reason: Reason::new(message).hint("Edit the rule and fill it in.") }
    }
}
