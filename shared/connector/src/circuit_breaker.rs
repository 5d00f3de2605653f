//! An account's circuit breaker: ten failures in a row open it, for longer each time; then one call is the probe.

use aws::store::{Store, StoreError, Streak};
use domain::integration::Integration;
use runtime::clock;

use crate::accounts::Accounts;

/// Records whether the app responded to a call. `used` is the account as it was when the call began.
pub(crate) async fn record(
    store: &Store,
    accounts: &Accounts,
    used: &Integration,
    answered: bool,
) -> Result<(), StoreError> {
    let (m, id) = (&used.marketplace, &used.id);
    if !answered {
        let streak = streak(used, accounts.record_failure(m, id));
        if let Some(until) = store.record_failure(used, streak, clock::now()).await? {
            tracing::warn!(%until, "the app keeps failing: the account's circuit breaker is open");
        }
        accounts.reread(m, id).await;
        return Ok(());
    }
    accounts.record_answer(m, id);
    if !used.health.is_good() {
        store.record_success(used).await?;
        accounts.reread(m, id).await;
    }
    Ok(())
}

/// Whether this failure continues the series of failures. The failure of a probe always does: no other job has called
/// since the circuit breaker opened, whatever this function remembers from before.
fn streak(used: &Integration, has_answered: bool) -> Streak {
    if has_answered && used.health.open_until.is_none() { Streak::Begins } else { Streak::GoesOn }
}

#[cfg(test)]
mod tests {
    use domain::app::App;

    use super::*;
    use crate::testing::{NOW, account};

    #[test]
    fn a_failed_probe_continues_the_series_of_failures_whatever_this_function_has_seen() {
        let closed = account(App::KIT, "v4_api_key");
        let mut probed = closed.clone();
        probed.health.open_until = Some(NOW);
        assert_eq!([streak(&closed, true), streak(&closed, false)], [Streak::Begins, Streak::GoesOn]);
        assert_eq!([streak(&probed, true), streak(&probed, false)], [Streak::GoesOn; 2]);
    }
}
