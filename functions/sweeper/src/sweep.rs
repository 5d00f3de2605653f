//! One sweep: what is due goes back on its queue, in bounded batches.

use aws::queue::{QueueError, Queues};
use aws::store::{Due, Parked, Release, Resume, Store, StoreError};
use domain::integration::Connection;
use futures::{StreamExt, TryStreamExt, stream};
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

/// As many jobs as are taken side by side.
const AT_ONCE: usize = 10;
/// As many pages of one account's held jobs as one sweep releases.
const RELEASE_PAGES: usize = 6;
/// As many pages of each shard of a resumed app's jobs as one sweep lets go. An app that was down for long comes back to
/// a stream of calls, not to a flood.
const RESUME_PAGES: usize = 5;
/// When to look at an account's or an app's waiting jobs again.
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
                    Due::Resume(resume) => released += self.resume(&resume, now).await?,
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
        let (mut released, mut all) = (0, false);
        for _ in 0..RELEASE_PAGES {
            let held = self.store.held(marketplace, integration, PAGE).await?;
            if held.is_empty() {
                all = true;
                break;
            }
            released += self.send(&held, now).await?;
        }
        let again = now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
        // However many are held, the last of them goes too.
        let until = if all { release.until } else { release.until.max(again) };
        self.store.repeat_release(&Release { until, ..release.clone() }, again).await?;
        tracing::info!(%marketplace, %integration, released, "held jobs were released");
        Ok(released)
    }

    /// Lets the jobs of an app go that waited for its pause to end, oldest fact first in each shard, and a bounded number
    /// of them: the next sweep goes on.
    async fn resume(&self, resume: &Resume, now: Timestamp) -> Result<usize, SweepError> {
        let app = resume.app;
        if self.store.app_pause(app).await?.is_some() {
            // Paused again: its end asks anew.
            self.store.end_resume(resume).await?;
            return Ok(0);
        }
        let (mut released, mut all) = (0, true);
        for shard in Store::due_shards() {
            for page in 1..=RESUME_PAGES {
                let waiting = self.store.paused(app, shard, PAGE).await?;
                let is_last = waiting.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
                released += self.send(&waiting, now).await?;
                if is_last {
                    break;
                }
                all &= page < RESUME_PAGES;
            }
        }
        let again = now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
        if all && again > resume.until {
            self.store.end_resume(resume).await?;
        } else {
            self.store.repeat_resume(resume, again).await?;
        }
        tracing::info!(%app, released, "jobs go on after the app's pause");
        Ok(released)
    }

    /// Takes parked jobs and puts them back on their queues. What somebody else takes is theirs.
    async fn send(&self, parked: &[Parked], now: Timestamp) -> Result<usize, SweepError> {
        let again = now.saturating_add(AGAIN).unwrap_or(Timestamp::MAX);
        let taken = stream::iter(parked).map(async |parked| {
            metrics::count(About::App(parked.job.app), Metric::ParkedDue, 1);
            let ours = self.store.take_parked(parked, again).await?;
            Ok::<_, StoreError>(ours.then(|| parked.job.clone()))
        });
        let taken: Vec<_> = taken.buffered(AT_ONCE).try_collect().await?;
        let jobs: Vec<_> = taken.into_iter().flatten().collect();
        self.queues.send(&jobs).await?;
        for job in &jobs {
            metrics::count(About::App(job.app), Metric::Released, 1);
        }
        Ok(jobs.len())
    }
}
