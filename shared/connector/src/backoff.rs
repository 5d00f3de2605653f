//! An app that fails ten times in a row is left alone for a growing while; then one call goes first.

use aws::store::{StoreError, Streak};
use domain::integration::Integration;
use domain::job::Job;
use domain::outcome::{Outcome, Setback};
use jiff::{SignedDuration, Timestamp};

use crate::call::Connector;
use crate::worker::Worker;

/// Whether a call may be made now: the account as it stands then, or `None` while it is paused.
pub(crate) async fn admit<C: Connector>(
    worker: &Worker<C>,
    job: &Job,
    account: &Integration,
    now: Timestamp,
) -> Result<Option<Integration>, StoreError> {
    match account.health.paused_until {
        None => Ok(Some(account.clone())),
        Some(until) if until > now => Ok(None),
        Some(_) => {
            worker.accounts.forget(job).await;
            let lease = SignedDuration::try_from(worker.lease).unwrap_or(SignedDuration::from_mins(1));
            let probe = worker.store.take_probe(account, lease, now).await?;
            Ok(probe.map(|health| Integration { health, ..account.clone() }))
        }
    }
}

/// Counts what a call says about its app.
pub(crate) async fn note<C: Connector>(
    worker: &Worker<C>,
    job: &Job,
    used: &Integration,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    match outcome {
        Outcome::Not(Setback::RetryLater { .. }) => {
            let now = runtime::clock::now();
            let streak =
                if worker.accounts.note_failure(job).await { Streak::Begins } else { Streak::GoesOn };
            if let Some(until) = worker.store.note_failure(used, streak, now).await? {
                tracing::warn!(%until, "the app keeps failing: the account is paused");
            }
            worker.accounts.forget(job).await;
        }
        Outcome::Done { .. }
        | Outcome::AlreadySo { .. }
        | Outcome::Not(
            Setback::NotYet { .. }
            | Setback::RateLimited { .. }
            | Setback::ReconnectNeeded { .. }
            | Setback::Rejected { .. },
        ) => {
            worker.accounts.note_answer(job).await;
            if !used.health.is_good() {
                worker.store.note_success(used).await?;
                worker.accounts.forget(job).await;
            }
        }
    }
    Ok(())
}
