//! An account's circuit breaker: ten failures in a row open it, for longer each time; then one call is the probe.

use std::sync::atomic::{AtomicBool, Ordering};

use aws::store::{StoreError, Streak};
use domain::integration::Integration;
use jiff::Timestamp;

use crate::account_store::AccountStore;
use crate::remembered::Remembered;

/// Whether each account's app has responded since its last failure. It is kept in memory, so a response costs no write.
#[derive(Debug, Default)]
pub struct Answered(Remembered<AtomicBool>);

impl Answered {
    /// Remembers the result of a call. Returns whether the app had responded since the failure before.
    fn record(&self, account: &Integration, answered: bool) -> bool {
        let Integration { marketplace: m, id, .. } = account;
        self.0.of(m, id, AtomicBool::default, |has_answered| has_answered.swap(answered, Ordering::Relaxed))
    }
}

/// Records whether the app responded to a call. `used` is the account as it was when the call began. Returns whether
/// the stored account may have changed.
pub async fn record(
    store: &impl AccountStore,
    known: &Answered,
    used: &Integration,
    answered: bool,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let had_answered = known.record(used, answered);
    if !answered {
        if let Some(until) = store.record_failure(used, streak(used, had_answered), now).await? {
            tracing::warn!(%until, "the app keeps failing: the account's circuit breaker is open");
        }
        return Ok(true);
    }
    if used.health.is_good() {
        return Ok(false);
    }
    store.record_success(used).await?;
    Ok(true)
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
