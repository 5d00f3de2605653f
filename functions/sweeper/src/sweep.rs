//! One sweep: what is due goes back on its queue, in bounded batches and in the time that the function has.

use std::cell::Cell;
use std::pin::pin;

use aws::queue::Queues;
use aws::store::{Found, Parked, Release, Resume, Store, StoreError, SweepRequest};
use domain::integration::Connection;
use domain::log::RESENT_AFTER;
use domain::time;
use futures::future::join_all;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use runtime::logs::Causes;
use runtime::metrics::{self, About, Metric};
use runtime::{clock, config::ConfigError, config::Services};

use crate::fair::in_turn;

/// As many as one page of held jobs, of an app's paused jobs and of requests holds.
const PAGE: i32 = 100;
/// As many pages of requests as one sweep takes; what is left is due at the next one.
const MOST_PAGES: usize = 10;
/// As many due jobs as one page of a shard holds. The index holds no bodies, so that is less than DynamoDB's 1 MB.
const DUE_PAGE: i32 = 2_000;
/// As many pages of a shard as one sweep looks at: over a hundred thousand jobs in all.
const DUE_PAGES: usize = 7;
/// As many due jobs as one sweep takes; what is left is due at the next one.
const MOST_DUE: usize = 8_000;
/// As many due jobs as are taken and sent before the time is looked at again.
const BATCH: usize = 100;
/// As many jobs as are taken side by side.
const AT_ONCE: usize = 50;
/// As many pages of one account's held jobs as one sweep releases.
const RELEASE_PAGES: usize = 6;
/// As many pages of each shard of a resumed app's jobs as one sweep lets go. An app that was down for long comes back to
/// a stream of calls, not to a flood.
const RESUME_PAGES: usize = 5;
/// When to look at an account's or an app's waiting jobs again.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// With less than this left of its time, a sweep begins no further page.
const TO_END: SignedDuration = SignedDuration::from_secs(20);

/// Some of what is due was not put back: the log says what, and the next sweep meets it again.
#[derive(Debug, thiserror::Error)]
#[error(
    "{failed} of what is due could not be read, taken or sent, and {released} jobs are back on their queues"
)]
pub(crate) struct Incomplete {
    failed: usize,
    released: usize,
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

    /// Releases what is due, and ends before `deadline`. What fails is passed over, and said at the end. Two sweeps at
    /// once share the work: each job is taken by one of them.
    pub(crate) async fn sweep(&self, deadline: Timestamp) -> Result<usize, Incomplete> {
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
    /// When it begins nothing more.
    end: Timestamp,
    released: Cell<usize>,
    failed: Cell<usize>,
}

impl Sweep<'_> {
    /// First the jobs that are due, in half of the time at most, and then what may bring thousands more.
    async fn run(&self) {
        self.release_due().await;
        let asked = self.of.store.requests(PAGE, self.now);
        let looked = self.through(asked, MOST_PAGES, self.end, async |page| self.answer_all(&page).await);
        if let Err(error) = looked.await {
            self.fail();
            tracing::error!(error = %Causes(&error), "what is asked for could not be read");
        }
    }

    /// Puts what is due back on its queue. Marketplaces and their apps take turns, so that a backlog of one delays no
    /// other.
    async fn release_due(&self) {
        let half = self.now + self.end.duration_since(self.now) / 2;
        // Side by side, so that no shard waits behind the backlog of another.
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

    /// What is due in a shard.
    async fn due_in(&self, shard: u8, end: Timestamp) -> Vec<Parked> {
        let pages = self.of.store.due(shard, DUE_PAGE, self.now);
        let mut due = Vec::new();
        let looked = self.through(pages, DUE_PAGES, end, async |page| due.extend(page)).await;
        if let Err(error) = looked {
            self.fail();
            tracing::error!(error = %Causes(&error), shard, "what is due could not be read");
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
                tracing::error!(error = %Causes(&error), %request, "a request was passed over");
            }
        }
    }

    /// Does what the sweeper is asked to do, and looks again until the request's time has passed and nobody waits.
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

    /// Releases an account's held jobs, oldest fact first, and a bounded number of them. `false`: there are more.
    async fn release(&self, release: &Release) -> Result<bool, StoreError> {
        let Release { marketplace, integration, .. } = release;
        let account = self.of.store.integration(marketplace, integration, self.now).await?;
        // Of one that was deleted they go as well, to end with that for a reason. Of one that is refused again they stay,
        // and so does the request, for its time: connecting it once more asks anew.
        if account.is_some_and(|account| account.connection != Connection::Connected) {
            return Ok(true);
        }
        let held = self.of.store.held(marketplace, integration, PAGE);
        self.through(held, RELEASE_PAGES, self.end, async |page| self.send(&page).await).await
    }

    /// Lets the jobs of an app go that waited for its pause to end, oldest fact first in each shard, and a bounded number
    /// of them. `false`: there are more.
    async fn resume(&self, resume: &Resume) -> Result<bool, StoreError> {
        // Paused again, they stay.
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

    /// Goes through at most so many pages, and begins none after `end`. What does not read is passed over. `false`: there
    /// are more.
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
                        // Its cause may quote what is stored.
                        tracing::error!(%error, "an item was passed over");
                    })
                    .ok()
            });
            each(read.collect()).await;
        }
        Ok(false)
    }

    /// Takes parked jobs and puts them back on their queues. What somebody else takes is theirs, and what fails is due
    /// again.
    async fn send(&self, parked: &[Parked]) {
        let again = time::after(clock::now(), RESENT_AFTER);
        let taken = stream::iter(parked).map(async |parked| {
            metrics::count(About::App(parked.app), Metric::ParkedDue, 1);
            (parked, self.of.store.take_parked(parked, again).await)
        });
        let mut taken = pin!(taken.buffered(AT_ONCE));
        let mut jobs = Vec::new();
        while let Some((parked, job)) = taken.next().await {
            match job {
                Ok(job) => jobs.extend(job),
                Err(error) => {
                    self.fail();
                    tracing::error!(error = %Causes(&error), job = %parked.id, "a job was passed over");
                }
            }
        }
        if let Err(error) = self.of.queues.send(&jobs).await {
            self.fail();
            tracing::error!(error = %Causes(&error), "jobs did not reach their queue: they are due again");
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

    /// One whose every call fails.
    fn unreachable() -> Sweeper {
        let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest());
        let sdk = sdk.region(Region::from_static("eu-west-1")).build();
        let store = Store::new(&sdk, "table", SignedDuration::from_hours(24));
        Sweeper { store, queues: Queues::new(&sdk, BTreeMap::new()) }
    }

    #[tokio::test]
    async fn a_shard_that_does_not_answer_keeps_no_other_from_being_asked() {
        let failed = unreachable().sweep(clock::now() + SignedDuration::from_mins(5)).await.unwrap_err();
        assert_eq!((failed.failed, failed.released), (Store::due_shards().len() + 1, 0));
    }

    #[tokio::test]
    async fn a_sweep_whose_time_is_almost_up_begins_nothing() {
        assert_eq!(unreachable().sweep(clock::now() + TO_END).await.unwrap(), 0);
    }
}
