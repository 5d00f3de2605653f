//! Storage of job records and of the claims on jobs' effects: the table, or its in-memory twin.

use aws::store::{Claimed, Store, StoreError, Waiting};
use domain::admission::{After, Place};
use domain::effect::Claim;
use domain::id::{JobId, MarketplaceId};
use domain::job::Job;
use domain::log::JobRecord;
use jiff::Timestamp;

/// The store's operations for jobs. `testing::conformance` checks that all implementations behave the same.
#[expect(async_fn_in_trait, reason = "a delivery runs on one thread")]
pub trait Jobs {
    /// A job's record as stored now.
    async fn record(
        &self,
        m: &MarketplaceId,
        id: &JobId,
        now: Timestamp,
    ) -> Result<Option<JobRecord>, StoreError>;

    /// The claim of the job's effect as stored now, if any.
    async fn claim_of(&self, job: &Job, now: Timestamp) -> Result<Option<Claim>, StoreError>;

    /// Claims the job's effect if it has no claim, or if its claim still is `over`.
    async fn claim(
        &self,
        job: &Job,
        claim: &Claim,
        over: Option<&Claim>,
        now: Timestamp,
    ) -> Result<Claimed, StoreError>;

    /// Ends the lease of the claim with this token, if it still is the claim of the job's effect: no call was made
    /// under it.
    async fn release(&self, job: &Job, token: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Writes a job's record and place, in one write. `before` is the token of the record that the attempt read, blank
    /// if there was none. `false`: another attempt has written since, and nothing is written.
    async fn write(&self, job: &Job, after: &After, before: &str, now: Timestamp)
    -> Result<bool, StoreError>;
}

impl Jobs for Store {
    async fn record(
        &self,
        m: &MarketplaceId,
        id: &JobId,
        now: Timestamp,
    ) -> Result<Option<JobRecord>, StoreError> {
        self.job(m, id, now).await
    }

    async fn claim_of(&self, job: &Job, now: Timestamp) -> Result<Option<Claim>, StoreError> {
        Store::claim_of(self, &job.marketplace, job.effect.key, now).await
    }

    async fn claim(
        &self,
        job: &Job,
        claim: &Claim,
        over: Option<&Claim>,
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        Store::claim(self, job, claim, over, now).await
    }

    async fn release(&self, job: &Job, token: &str, now: Timestamp) -> Result<(), StoreError> {
        self.release_claim(job, token, now).await
    }

    async fn write(
        &self,
        job: &Job,
        After { record, place, .. }: &After,
        before: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let parked = job.parked();
        let waiting = match *place {
            Place::Nowhere => Waiting::No,
            Place::Queue { lost_at: due, .. } | Place::Table(due) => Waiting::Until(due, &parked),
            Place::Reconnect => Waiting::ForReconnect(&parked),
            Place::Resume => Waiting::ForResume(&parked),
        };
        self.record_job(record, before, waiting, now).await
    }
}
