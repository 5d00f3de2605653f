//! Calling the app for one job: with credentials that are good, within its rate, and within the time that there is.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use domain::job::Job;
use domain::outcome::{Outcome, Setback};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use runtime::clock;
use runtime::metrics::{self, About, Metric};

use crate::accounts::Account;
use crate::call::{Call, Connector};
use crate::credentials::Credentials;
use crate::http::metered;
use crate::oauth::authorizer::RENEWALS;
use crate::redact;
use crate::worker::Worker;

/// A function waits so long for its account's rate by itself; for longer, the message goes back to the queue.
const PATIENCE: SignedDuration = SignedDuration::from_secs(2);

impl<C: Connector> Worker<C> {
    /// Waits for the account's rate; `Err`: not before then, which is too long to wait here.
    pub(crate) async fn admit(&self, account: &Account) -> Result<(), Timestamp> {
        let began = clock::now();
        loop {
            let now = clock::now();
            let Err(until) = self.rates.take(&account.integration, now) else { return Ok(()) };
            if until.duration_since(began) > PATIENCE {
                return Err(until);
            }
            tokio::time::sleep(Duration::try_from(until.duration_since(now)).unwrap_or_default()).await;
        }
    }

    /// Calls the app; what it came to, and how many requests were made.
    pub(crate) async fn call(
        &self,
        job: &Job,
        account: &Account,
        attempt: u32,
        limit: Duration,
    ) -> (Outcome, u32) {
        metrics::count(About::App(C::APP), Metric::Attempts, 1);
        // A panic is a defect of ours: it costs this job an attempt, and its neighbours nothing.
        let perform = AssertUnwindSafe(self.authorized(job, account, attempt)).catch_unwind();
        let (outcome, calls) = metered(tokio::time::timeout(limit, perform)).await;
        self.rates.charge(&account.integration, calls, clock::now());
        let outcome = match outcome {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => {
                tracing::error!("the connector panicked");
                Setback::not_yet("The engine failed at this action; its operator is told.").into()
            }
            Err(_) => {
                let message = format!("{} took longer than {} seconds.", job.app.label(), limit.as_secs());
                Setback::later(message).into()
            }
        };
        (outcome, calls)
    }

    /// Where the app refuses a token that should be good, it is called again with another.
    async fn authorized(&self, job: &Job, account: &Account, attempt: u32) -> Outcome {
        let now = clock::now();
        let credentials = match self.authorizer.credentials(account, now).await {
            Ok(credentials) => credentials,
            Err(error) => return error.into(),
        };
        let call = |credentials: &Credentials| {
            let credentials = credentials.clone();
            async move {
                let call = Call { job, credentials: &credentials, attempt, now: clock::now() };
                redact::outcome(C::APP, &credentials, self.connector.perform(&call).await)
            }
        };
        let mut used = credentials;
        for _ in 0..RENEWALS {
            match call(&used).await {
                Outcome::Not(refused @ Setback::ReconnectNeeded { .. }) => {
                    match self.authorizer.renewed(account, &used, clock::now()).await {
                        Ok(None) => return refused.into(),
                        Ok(Some(renewed)) => used = renewed,
                        Err(error) => return error.into(),
                    }
                }
                outcome => return outcome,
            }
        }
        call(&used).await
    }
}
