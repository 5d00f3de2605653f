//! One sweep: what is due goes back on its queue, in bounded batches.

use aws::queue::{QueueError, Queues};
use aws::store::{Due, Parked, Release, Store, StoreError};
use domain::integration::Connection;
use jiff::{SignedDuration, Timestamp};
use runtime::config::{ConfigError, Services};
use runtime::metrics::{self, About, Metric};
use runtime::{Error, clock};

/// As many as one page of a shard holds.
const PAGE: i32 = 100;
/// As many pages of a shard as one sweep takes; what is left is due at the next one.
const MOST_PAGES: usize = 10;
/// A job that was taken for release is due again after this, should its sweeper not live to send it, and until its
/// connector has written down what came of it.
const AGAIN: SignedDuration = SignedDuration::from_mins(15);

/// As many pages of one account's held jobs as one sweep releases.
const RELEASE_PAGES: usize = 6;
/// When to look at an account's held jobs again.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// A sweep that did not end: the next one goes on from there.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error("parked jobs could not be read or taken")]
    Store(#[from] StoreError),
    #[error("jobs that are due did not reach their queue")]
    Queue(#[from] QueueError),
}

/// The function's services.
#[derive(Debug)]
pub(crate) struct Sweeper {
    store: Store,
    queues: Queues,
}

impl Sweeper {
    /// Reads the configuration.
    pub(crate) async fn start() -> Result<Self, ConfigError> {
        let services = Services::load().await;
        Ok(Self { store: services.store()?, queues: services.queues()? })
    }

    /// Releases what is due in every shard. Two sweeps at once share the work: each job is taken by one of them.
    pub(crate) async fn sweep(&self) -> Result<usize, Error> {
        let mut released = 0;
        for shard in Store::due_shards() {
            released += self.sweep_shard(shard).await?;
        }
        tracing::info!(released, "swept");
        Ok(released)
    }

    async fn sweep_shard(&self, shard: u8) -> Result<usize, SweepError> {
        let mut released = 0;
        for _ in 0..MOST_PAGES {
            let now = clock::now();
            let page = self.store.due(shard, PAGE, now).await?;
            let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            let mut parked = Vec::new();
            for due in page {
                match due {
                    Due::Job(job) => parked.push(*job),
                    Due::Release(release) => released += self.release(&release, now).await?,
                }
            }
            released += self.send(&parked, now).await?;
            if is_last {
                break;
            }
        }
        Ok(released)
    }

    /// Releases an account's held jobs, oldest fact first, and a bounded number of them: the next sweep goes on.
    async fn release(&self, release: &Release, now: Timestamp) -> Result<usize, SweepError> {
        let Release { marketplace, integration, .. } = release;
        let account = self.store.integration(marketplace, integration, now).await?;
        // Of one that was deleted they go as well, to end with that for a reason.
        if account.is_some_and(|account| account.connection != Connection::Connected) {
            // Refused again: connecting it again asks anew.
            self.store.repeat_release(release, Timestamp::MAX).await?;
            return Ok(0);
        }
        let mut released = 0;
        for _ in 0..RELEASE_PAGES {
            let held = self.store.held(marketplace, integration, PAGE).await?;
            if held.is_empty() {
                break;
            }
            released += self.send(&held, now).await?;
        }
        let again = now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
        self.store.repeat_release(release, again).await?;
        tracing::info!(%marketplace, %integration, released, "held jobs were released");
        Ok(released)
    }

    /// Takes parked jobs and puts them back on their queues. What somebody else takes is theirs.
    async fn send(&self, parked: &[Parked], now: Timestamp) -> Result<usize, SweepError> {
        let again = now.saturating_add(AGAIN).unwrap_or(Timestamp::MAX);
        let mut jobs = Vec::new();
        for parked in parked {
            metrics::count(About::App(parked.job.app), Metric::ParkedDue, 1);
            if self.store.take_parked(parked, again).await? {
                jobs.push(parked.job.clone());
            }
        }
        self.queues.send(&jobs).await?;
        for job in &jobs {
            metrics::count(About::App(job.app), Metric::Released, 1);
        }
        Ok(jobs.len())
    }
}
