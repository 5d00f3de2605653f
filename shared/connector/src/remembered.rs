//! Values that a function keeps in memory for each account.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::id::{IntegrationId, MarketplaceId};

/// A value for each account, for a limited number of accounts. Beyond the limit all are removed, so that a function
/// that serves many accounts does not run out of memory.
#[derive(Debug)]
pub(crate) struct Remembered<T, const MOST: usize = 1_000>(Mutex<HashMap<(MarketplaceId, IntegrationId), T>>);

impl<T, const MOST: usize> Default for Remembered<T, MOST> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T, const MOST: usize> Remembered<T, MOST> {
    /// Reads or changes an account's value; `new` creates it if there is none.
    pub(crate) fn of<R>(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        new: impl FnOnce() -> T,
        look: impl FnOnce(&mut T) -> R,
    ) -> R {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (m.clone(), id.clone());
        if all.len() >= MOST && !all.contains_key(&key) {
            all.clear();
        }
        look(all.entry(key).or_insert_with(new))
    }

    /// Removes an account's value.
    pub(crate) fn forget(&self, m: &MarketplaceId, id: &IntegrationId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(m.clone(), id.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_a_limited_number_of_accounts() {
        let (counts, m) = (Remembered::<u32, 2>::default(), "shop-1".parse().unwrap());
        let count = |id: &str| {
            counts.of(
                &m,
                &id.parse().unwrap(),
                || 0,
                |count| {
                    *count += 1;
                    *count
                },
            )
        };
        assert_eq!(
            [count("int_1"), count("int_2"), count("int_1"), count("int_3"), count("int_1")],
            [1, 1, 2, 1, 1]
        );
    }
}
