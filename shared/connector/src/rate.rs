//! Keeps each account within its app's rate. Every function has a bucket of its own for an account; what an app says
//! beyond that ("not before") is shared through the integration.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Integration;
use domain::manifest::{Catalog, Rate};
use domain::rate::Bucket;
use jiff::Timestamp;

/// More accounts than a function serves within one rate's period; beyond it the memory is cleared.
const MOST: usize = 10_000;

/// The buckets of the accounts that this function has served.
#[derive(Debug, Default)]
pub struct Rates(Mutex<HashMap<(MarketplaceId, IntegrationId), Bucket>>);

impl Rates {
    /// Takes a call, or says when to come back: after what the app last said, and when the rate allows it.
    pub(crate) fn take(&self, account: &Integration, now: Timestamp) -> Result<(), Timestamp> {
        let put_off = account.health.not_before.filter(|until| *until > now);
        match (of(account.app, &account.method), put_off) {
            (None, None) => Ok(()),
            (None, Some(until)) => Err(until),
            (Some(rate), None) => self.with(account, rate, now, |bucket| bucket.take(rate, now)),
            (Some(rate), Some(until)) => {
                Err(self.with(account, rate, now, |bucket| bucket.turn_after(rate, until, now)))
            }
        }
    }

    /// Charges for the calls that an action made beyond the one that was taken.
    pub(crate) fn charge(&self, account: &Integration, calls: u32, now: Timestamp) {
        if let Some(rate) = of(account.app, &account.method) {
            self.with(account, rate, now, |bucket| bucket.spend(calls.saturating_sub(1)));
        }
    }

    fn with<T>(
        &self,
        account: &Integration,
        rate: Rate,
        now: Timestamp,
        take: impl FnOnce(&mut Bucket) -> T,
    ) -> T {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MOST {
            buckets.clear();
        }
        let key = (account.marketplace.clone(), account.id.clone());
        take(buckets.entry(key).or_insert_with(|| Bucket::full(rate, now)))
    }
}

/// The rate that an app documents for accounts that are connected like this one.
fn of(app: App, method: &str) -> Option<Rate> {
    Catalog::built_in().manifest(app)?.method(method)?.rate
}
