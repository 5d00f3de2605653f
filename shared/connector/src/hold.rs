//! Refused credentials: the account is marked once, and the operator hears of it once.

use aws::store::{Refusal, StoreError};
use domain::integration::Integration;
use domain::job::Job;
use domain::outcome::Reason;
use jiff::Timestamp;

use crate::call::Connector;
use crate::worker::Worker;

/// Marks an account whose credentials were refused. Of all the jobs that meet the refusal, the first one reports it.
/// `false`: the account has other credentials meanwhile, so its jobs can go on with those.
pub(crate) async fn report<C: Connector>(
    worker: &Worker<C>,
    job: &Job,
    used: &Integration,
    reason: &Reason,
    now: Timestamp,
) -> Result<bool, StoreError> {
    worker.accounts.forget(job).await;
    match worker.store.mark_needs_reconnect(used, reason, now).await? {
        Refusal::First => {}
        Refusal::Known => return Ok(true),
        Refusal::Outdated => return Ok(false),
    }
    if let Err(error) = worker.bus.needs_attention(used, reason, now).await {
        // The log has it; a job must not fail because the operator's copy did.
        tracing::error!(error = %runtime::logs::Causes(&error), "the operator was not told");
    }
    Ok(true)
}
