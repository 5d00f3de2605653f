//! An app that fails ten times in a row is left alone for a growing while; then one call goes first.

use aws::store::{StoreError, Streak};
use domain::integration::Integration;
use domain::job::Job;
use domain::outcome::{Outcome, Setback};
use jiff::{SignedDuration, Timestamp};

use crate::call::Connector;
use crate::worker::Worker;

/// Whether a call may be made now.
pub(crate) enum Admission {
    /// Yes, in the account as it stands.
    Now(Box<Integration>),
    /// Not before then: its app is left alone, or one call goes first.
    After(Timestamp),
    /// The account is not the one that was read any more.
    Changed,
}

/// Whether a call may be made in an account that was read as it is in `account`, perhaps a while ago.
pub(crate) async fn admit<C: Connector>(
    worker: &Worker<C>,
    job: &Job,
    account: &Integration,
    now: Timestamp,
) -> Result<Admission, StoreError> {
    match account.health.paused_until {
        None => return Ok(Admission::Now(Box::new(account.clone()))),
        Some(until) if until > now => return Ok(Admission::After(until)),
        Some(_) => {}
    }
    worker.accounts.forget(job).await;
    let lease = SignedDuration::try_from(worker.lease).unwrap_or(SignedDuration::from_mins(1));
    if let Some(health) = worker.store.take_probe(account, lease, now).await? {
        return Ok(Admission::Now(Box::new(Integration { health, ..account.clone() })));
    }
    // Another call goes first, or has gone well: as it stands now says which.
    let latest = worker.store.integration(&account.marketplace, &account.id, now).await?;
    Ok(match latest.filter(|latest| latest.credentials == account.credentials) {
        Some(latest) => match latest.health.paused_until {
            None => Admission::Now(Box::new(latest)),
            Some(until) => Admission::After(until),
        },
        None => Admission::Changed,
    })
}

/// Counts what an attempt says about its app. Without a request, such as where there was no token, it answered nothing.
pub(crate) async fn note<C: Connector>(
    worker: &Worker<C>,
    job: &Job,
    used: &Integration,
    outcome: &Outcome,
    calls: u32,
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
            if calls == 0 {
                return Ok(());
            }
            worker.accounts.note_answer(job).await;
            if !used.health.is_good() {
                worker.store.note_success(used).await?;
                worker.accounts.forget(job).await;
            }
        }
    }
    Ok(())
}
