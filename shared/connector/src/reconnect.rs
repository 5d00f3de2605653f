//! Refused or unreadable credentials: the account is marked once, and the operator is notified once.

use aws::bus::Bus;
use aws::store::{Refusal, Store, StoreError};
use domain::integration::Integration;
use domain::outcome::Reason;
use jiff::Timestamp;
use runtime::logs::Causes;

/// Marks an account whose credentials cannot be used. Of all the jobs that meet this, the first reports it. `false`:
/// the account has other credentials by now, so its jobs can run with those.
pub(crate) async fn report(
    store: &Store,
    bus: &Bus,
    used: &Integration,
    reason: &Reason,
    now: Timestamp,
) -> Result<bool, StoreError> {
    match store.mark_needs_reconnect(used, reason, now).await? {
        Refusal::First => {}
        Refusal::Known => return Ok(true),
        Refusal::Outdated => return Ok(false),
    }
    if let Err(error) = bus.needs_attention(used, reason, now).await {
        // The log contains the error; a job must not fail because the operator's notification failed.
        tracing::error!(error = %Causes(&error), "the operator was not notified");
    }
    Ok(true)
}
