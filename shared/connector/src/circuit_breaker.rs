//! An account's circuit breaker: ten failures in a row open it for a growing while, then one call is the probe.

use aws::store::{Store, StoreError, Streak};
use domain::integration::Integration;
use runtime::clock;

use crate::accounts::Accounts;

/// Records whether the app answered a call. `used` is the account as the call began.
pub(crate) async fn record(
    store: &Store,
    accounts: &Accounts,
    used: &Integration,
    answered: bool,
) -> Result<(), StoreError> {
    let (m, id) = (&used.marketplace, &used.id);
    if !answered {
        let streak = if accounts.record_failure(m, id).await { Streak::Begins } else { Streak::GoesOn };
        if let Some(until) = store.record_failure(used, streak, clock::now()).await? {
            tracing::warn!(%until, "the app keeps failing: the account's circuit breaker is open");
        }
        accounts.forget(m, id).await;
        return Ok(());
    }
    accounts.record_answer(m, id).await;
    if !used.health.is_good() {
        store.record_success(used).await?;
        accounts.forget(m, id).await;
    }
    Ok(())
}
