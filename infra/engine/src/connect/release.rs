//! Held jobs of an account that is connected again: back on the queue, oldest fact first.

use std::time::Duration;

use aws::queue::Queues;
use aws::store::Store;
use domain::integration::Integration;
use jiff::{SignedDuration, Timestamp};
use runtime::clock;

use super::ConnectError;

/// As many as are taken at a time.
const PAGE: i32 = 100;
/// A job that was taken is due again after this, should this program not live to send it. The sweeper finds it then.
const AGAIN: SignedDuration = SignedDuration::from_mins(15);
/// How often a page of jobs that others took is looked at again: an index follows its table in moments.
const STALE_PAGES: usize = 5;
const STALE_WAIT: Duration = Duration::from_millis(300);

/// Releases what is held, and says how many.
pub(super) async fn release(
    store: &Store,
    queues: &Queues,
    integration: &Integration,
) -> Result<usize, ConnectError> {
    let (mut released, mut stale) = (0, 0);
    loop {
        let held = store.held(&integration.marketplace, &integration.id, PAGE).await?;
        if held.is_empty() {
            return Ok(released);
        }
        let again = clock::now().saturating_add(AGAIN).unwrap_or(Timestamp::MAX);
        let mut jobs = Vec::new();
        for parked in &held {
            if store.take_parked(parked, again).await? {
                jobs.push(parked.job.clone());
            }
        }
        queues.send(&jobs).await.map_err(ConnectError::Release)?;
        released += jobs.len();
        if jobs.is_empty() {
            stale += 1;
            if stale == STALE_PAGES {
                return Ok(released);
            }
            tokio::time::sleep(STALE_WAIT).await;
        }
    }
}
