//! Values that one job at a time uses, in memory from call to call.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// A value that no other job uses until this guard is dropped.
pub type Taken<V> = OwnedMutexGuard<V>;

/// A value for each key.
pub struct Keyed<K, V>(Arc<Mutex<HashMap<K, Arc<Mutex<V>>>>>);

impl<K: Eq + Hash, V: Default> Keyed<K, V> {
    /// Waits until no other job uses this key's value, and locks it. Removes the values that no job uses, unless `keep`
    /// returns true for them.
    pub async fn take(&self, key: K, keep: impl Fn(&V) -> bool) -> Taken<V> {
        let value = {
            let mut values = self.0.lock().await;
            values.retain(|_, value| {
                Arc::strong_count(value) > 1 || value.try_lock().is_ok_and(|value| keep(&value))
            });
            Arc::clone(values.entry(key).or_default())
        };
        value.lock_owned().await
    }
}

impl<K, V> Clone for Keyed<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Keyed<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> fmt::Debug for Keyed<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn a_value_is_taken_by_one_job_at_a_time_and_forgotten_unless_it_is_kept() {
        let values = Keyed::<&str, u32>::default();
        let keep = |value: &u32| *value > 0;
        let first = values.take("ada", keep).await;
        let mut other = values.take("bob", keep).await;
        *other = 1;
        let mut second = pin!(values.take("ada", keep));
        assert!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop((first, other));
        drop(second.await);
        assert_eq!(*values.take("bob", keep).await, 1);
        assert_eq!(values.0.lock().await.len(), 1);
    }
}
