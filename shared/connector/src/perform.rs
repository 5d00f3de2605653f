//! Calling the app for one job: with valid credentials, and within the time limit.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use domain::job::Job;
use domain::outcome::{Outcome, Setback};
use futures::FutureExt;
use runtime::clock;
use runtime::metrics::{self, About, Metric};

use crate::accounts::Account;
use crate::call::{Call, Connector};
use crate::concurrency::Windows;
use crate::credentials::Credentials;
use crate::http::metered;
use crate::oauth::Authorizer;
use crate::oauth::authorizer::RENEWALS;
use crate::redact;

/// One action to perform.
pub(crate) struct Action<'a, C> {
    pub(crate) connector: &'a C,
    pub(crate) authorizer: &'a Authorizer,
    pub(crate) windows: &'a Windows,
    pub(crate) job: &'a Job,
    pub(crate) account: &'a Account,
    /// The number of the attempt, from 1.
    pub(crate) attempt: u32,
}

impl<C: Connector> Action<'_, C> {
    /// Calls the app for at most `limit`. Returns the outcome and the number of requests.
    pub(crate) async fn perform(&self, limit: Duration) -> (Outcome, u32) {
        // A panic is a defect of the engine: it costs this job an attempt, and does not affect the other jobs.
        let call = async || self.authorized().await;
        let call = self.windows.run(&self.account.integration, limit, call);
        let perform = AssertUnwindSafe(call).catch_unwind();
        let (outcome, requests) = metered(tokio::time::timeout(limit, perform)).await;
        let outcome = match outcome {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => {
                metrics::count(About::App(self.connector.app()), Metric::Panics, 1);
                tracing::error!("the connector panicked");
                Setback::precondition_missing(
                    "The engine failed to perform this action. The failure was logged for its operator.",
                )
                .into()
            }
            Err(_) => {
                let label = self.job.app.label();
                Setback::transient(format!("{label} took longer than {} seconds.", limit.as_secs())).into()
            }
        };
        (outcome, requests)
    }

    /// If the app refuses a token that should be valid, the call is repeated with another.
    async fn authorized(&self) -> Outcome {
        let Self { connector, authorizer, job, account, attempt, .. } = *self;
        let mut used = match authorizer.credentials(account, clock::now()).await {
            Ok(credentials) => credentials,
            Err(error) => return error.into(),
        };
        let call = |credentials: &Credentials| {
            let credentials = credentials.clone();
            async move {
                let call = Call { job, credentials: &credentials, attempt, now: clock::now() };
                let outcome = redact::within(connector.app(), &credentials, connector.perform(&call)).await;
                redact::outcome(connector.app(), &credentials, outcome)
            }
        };
        for _ in 0..RENEWALS {
            match call(&used).await {
                Outcome::Failed(refused @ Setback::ReconnectNeeded { .. }) => {
                    match authorizer.renewed(account, &used, clock::now()).await {
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
