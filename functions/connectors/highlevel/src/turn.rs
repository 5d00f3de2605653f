//! One job at a time for each contact.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

type Turn = Arc<Mutex<()>>;

/// The contacts that jobs of this process are looking up or creating, by location and e-mail address.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<HashMap<(String, String), Turn>>>);

impl Turns {
    /// Waits for the other jobs of this contact.
    pub(crate) async fn take(&self, location: &str, email: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().await;
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry((location.to_owned(), email.to_lowercase())).or_default())
        };
        turn.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn a_contact_is_taken_by_one_job_at_a_time_and_forgotten_afterwards() {
        let turns = Turns::default();
        let first = turns.take("loc", "ada@example.com").await;
        let other = turns.take("loc", "bob@example.com").await;
        let mut second = pin!(turns.take("loc", "ADA@example.com"));
        assert!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop((first, other));
        drop(second.await);
        drop(turns.take("loc", "bob@example.com").await);
        assert_eq!(turns.0.lock().await.len(), 1);
    }
}
