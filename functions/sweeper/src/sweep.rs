//! One sweep: sends due jobs to their queues, in bounded batches and within the function's time.

use std::cell::Cell;
use std::pin::pin;

use aws::queue::Queues;
use aws::store::{Found, Parked, Release, Resume, Store, StoreError, SweepRequest};
use domain::integration::Connection;
use domain::log::RESENT_AFTER;
use domain::time;
use futures::future::{join, join_all};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use runtime::logs::Causes;
use runtime::metrics::{self, About, Metric};
use runtime::{clock, config::ConfigError, config::Services};

use crate::fair::in_turn;

/// The page size of held jobs, of an app's paused jobs and of requests.
const PAGE: i32 = 100;
/// The most pages of requests in one sweep; the rest are due at the next sweep.
const MOST_PAGES: usize = 10;
/// The page size of a shard's due jobs. The index contains no bodies, so a page is smaller than DynamoDB's 1 MB.
const DUE_PAGE: i32 = 2_000;
/// The most pages of a shard that one sweep reads: over a hundred thousand jobs in all.
const DUE_PAGES: usize = 7;
/// The most due jobs that one sweep sends; the rest are due at the next sweep.
const MOST_DUE: usize = 8_000;
/// The number of due jobs that are taken and sent before the time is checked again.
const BATCH: usize = 100;
/// The number of jobs that are taken concurrently.
const AT_ONCE: usize = 50;
/// The most pages of one account's held jobs that one sweep releases.
const RELEASE_PAGES: usize = 6;
/// The most pages of each shard of a resumed app's jobs that one sweep sends, so that an app which was down for long
/// gets its calls gradually.
const RESUME_PAGES: usize = 5;
/// When an account's or an app's waiting jobs are read again.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// With less remaining time than this, a sweep begins no further page.
const TO_END: SignedDuration = SignedDuration::from_secs(20);

/// Some due jobs or requests failed: the log names them, and the next sweep tries them again.
#[derive(Debug, thiserror::Error)]
#[error(
    "{failed} due jobs or requests could not be read, taken or sent; {released} jobs were sent to their queues"
)]
pub struct Incomplete {
    failed: usize,
    released: usize,
}

/// The function's services.
#[derive(Debug)]
pub struct Sweeper {
    store: Store,
    queues: Queues,
}

impl Sweeper {
    /// Reads the configuration.
    pub async fn start() -> Result<Self, ConfigError> {
        let services = Services::load()?;
        let sweeper = Self { store: services.store()?, queues: services.queues()? };
        let (table, ()) = join(sweeper.store.warm(), sweeper.queues.warm()).await;
        if let Err(error) = table {
            tracing::warn!(error = %Causes(&error), "the table did not answer at start");
        }
        Ok(sweeper)
    }

    /// Releases due jobs, and ends before `deadline`. Failures are skipped, and reported at the end. Concurrent sweeps
    /// share the work: each job is taken by one of them.
    pub async fn sweep(&self, deadline: Timestamp) -> Result<usize, Incomplete> {
        let now = clock::now();
        let end = time::before(deadline, TO_END);
        let sweep = Sweep { of: self, now, end, released: Cell::default(), failed: Cell::default() };
        sweep.run().await;
        let (released, failed) = (sweep.released.get(), sweep.failed.get());
        tracing::info!(released, failed, "swept");
        if failed == 0 { Ok(released) } else { Err(Incomplete { failed, released }) }
    }
}

struct Sweep<'a> {
    of: &'a Sweeper,
    now: Timestamp,
    /// After this, no further page is begun.
    end: Timestamp,
    released: Cell<usize>,
    failed: Cell<usize>,
}

impl Sweep<'_> {
    /// First the due jobs, in half of the time at most, and then the requests, which may release thousands more.
    async fn run(&self) {
        self.release_due().await;
        let asked = self.of.store.requests(PAGE, self.now);
        let looked = self.through(asked, MOST_PAGES, self.end, async |page| self.answer_all(&page).await);
        if let Err(error) = looked.await {
            self.fail();
            tracing::error!(error = %Causes(&error), "the requests could not be read");
        }
    }

    /// Sends due jobs to their queues. Marketplaces and their apps take turns, so that a backlog of one delays no
    /// other.
    async fn release_due(&self) {
        let half = self.now + self.end.duration_since(self.now) / 2;
        // Concurrently, so that no shard waits for the backlog of another.
        let shards = join_all(Store::due_shards().map(|shard| self.due_in(shard, half))).await;
        let mut due: Vec<Parked> = shards.into_iter().flatten().collect();
        due.sort_unstable_by(|a, b| a.due_order().cmp(b.due_order()));
        let turns = in_turn(due, |parked| (parked.marketplace.clone(), parked.app), MOST_DUE);
        for batch in turns.chunks(BATCH) {
            if clock::now() >= half {
                break;
            }
            self.send(batch).await;
        }
    }

    /// The due jobs of a shard.
    async fn due_in(&self, shard: u8, end: Timestamp) -> Vec<Parked> {
        let pages = self.of.store.due(shard, DUE_PAGE, self.now);
        let mut due = Vec::new();
        let looked = self.through(pages, DUE_PAGES, end, async |page| due.extend(page)).await;
        if let Err(error) = looked {
            self.fail();
            tracing::error!(error = %Causes(&error), shard, "the due jobs could not be read");
        }
        due
    }

    async fn answer_all(&self, requests: &[SweepRequest]) {
        for request in requests {
            if clock::now() >= self.end {
                break;
            }
            if let Err(error) = self.answer(request).await {
                self.fail();
                tracing::error!(error = %Causes(&error), %request, "a request was skipped");
            }
        }
    }

    /// Processes a request, and repeats it until its time has passed and no job waits.
    async fn answer(&self, request: &SweepRequest) -> Result<(), StoreError> {
        let all = match request {
            SweepRequest::Release(release) => self.release(release).await?,
            SweepRequest::Resume(resume) => self.resume(resume).await?,
        };
        let again = time::after(clock::now(), LOOK_AGAIN);
        if all && again > request.until() {
            self.of.store.forget(request).await
        } else {
            self.of.store.reschedule(request, again).await
        }
    }

    /// Releases an account's held jobs, oldest fact first, up to a limit. `false`: there are more.
    async fn release(&self, release: &Release) -> Result<bool, StoreError> {
        let Release { marketplace, integration, .. } = release;
        let account = self.of.store.integration(marketplace, integration, self.now).await?;
        // Jobs of a deleted account are released too, so that they end as rejected. If the app refused the account's
        // credentials again, its jobs stay held, and the request stays until its time ends: reconnecting the account
        // writes a new request.
        if account.is_some_and(|account| account.connection != Connection::Connected) {
            return Ok(true);
        }
        let held = self.of.store.held(marketplace, integration, PAGE);
        self.through(held, RELEASE_PAGES, self.end, async |page| self.send(&page).await).await
    }

    /// Sends the jobs of an app that waited for its pause to end, oldest fact first in each shard, up to a limit.
    /// `false`: there are more.
    async fn resume(&self, resume: &Resume) -> Result<bool, StoreError> {
        // If the app is paused again, its jobs stay parked.
        if self.of.store.app_pause(resume.app).await?.is_some() {
            return Ok(true);
        }
        let mut all = true;
        for shard in Store::due_shards() {
            let waiting = self.of.store.paused(resume.app, shard, PAGE);
            all &= self.through(waiting, RESUME_PAGES, self.end, async |page| self.send(&page).await).await?;
        }
        Ok(all)
    }

    /// Reads up to a number of pages, and begins none after `end`. Items that cannot be read are skipped. `false`:
    /// there are more.
    async fn through<T>(
        &self,
        pages: impl Stream<Item = Result<Found<T>, StoreError>>,
        most: usize,
        end: Timestamp,
        mut each: impl AsyncFnMut(Vec<T>),
    ) -> Result<bool, StoreError> {
        let mut pages = pin!(pages);
        for _ in 0..most {
            if clock::now() >= end {
                return Ok(false);
            }
            let Some(page) = pages.try_next().await? else { return Ok(true) };
            let read = page.into_iter().filter_map(|found| {
                found
                    .inspect_err(|error| {
                        self.fail();
                        // The error's cause may quote stored data.
                        tracing::error!(%error, "an item was skipped");
                    })
                    .ok()
            });
            each(read.collect()).await;
        }
        Ok(false)
    }

    /// Takes parked jobs and sends them to their queues. Jobs that another sweep takes are skipped, and jobs that fail
    /// are due again.
    async fn send(&self, parked: &[Parked]) {
        let again = time::after(clock::now(), RESENT_AFTER);
        let taken =
            stream::iter(parked).map(async |parked| (parked, self.of.store.take_parked(parked, again).await));
        let mut taken = pin!(taken.buffered(AT_ONCE));
        let mut jobs = Vec::new();
        while let Some((parked, job)) = taken.next().await {
            match job {
                Ok(job) => jobs.extend(job),
                Err(error) => {
                    self.fail();
                    tracing::error!(error = %Causes(&error), job = %parked.id, "a job was skipped");
                }
            }
        }
        if let Err(error) = self.of.queues.send(&jobs).await {
            self.fail();
            tracing::error!(error = %Causes(&error), "jobs were not sent to their queue: they are due again");
            return;
        }
        self.released.update(|released| released + jobs.len());
        for job in &jobs {
            metrics::count(About::App(job.app), Metric::Released, 1);
        }
    }

    fn fail(&self) {
        self.failed.update(|failed| failed + 1);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aws_config::{BehaviorVersion, Region, SdkConfig};

    use super::*;

    /// A sweeper whose every call fails.
    fn unreachable() -> Sweeper {
        let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest());
        let sdk = sdk.region(Region::from_static("eu-west-1")).build();
        let store = Store::new(&sdk, "table", SignedDuration::from_hours(24));
        Sweeper { store, queues: Queues::new(&sdk, BTreeMap::new()) }
    }

    #[tokio::test]
    async fn a_shard_that_fails_keeps_no_other_from_being_read() {
        let failed = unreachable().sweep(clock::now() + SignedDuration::from_mins(5)).await.unwrap_err();
        assert_eq!((failed.failed, failed.released), (Store::due_shards().len() + 1, 0));
    }

    #[tokio::test]
    async fn a_sweep_without_enough_time_begins_no_page() {
        assert_eq!(unreachable().sweep(clock::now() + TO_END).await.unwrap(), 0);
    }
}
