//! Where jobs' records and the claims on their effects are stored: the table, or its twin in memory.

use std::future::Future;

use aws::store::{Claimed, Store, StoreError, Waiting};
use domain::admission::{After, Place};
use domain::effect::Claim;
use domain::id::{JobId, MarketplaceId};
use domain::job::Job;
use domain::log::JobRecord;
use jiff::Timestamp;

/// The store's part for jobs. `testing::conformance` holds every implementation to one behaviour.
pub trait Jobs {
    /// A job's record as it is now.
    fn record(
        &self,
        m: &MarketplaceId,
        id: &JobId,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<JobRecord>, StoreError>>;

    /// Claims the job's effect where nobody has, or where `over` still is the claim.
    fn claim(
        &self,
        job: &Job,
        claim: &Claim,
        over: Option<&Claim>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Claimed, StoreError>>;

    /// Ends the lease of the claim with that token, where the job's effect still has it: no call was made under it.
    fn release(&self, job: &Job, token: &str, now: Timestamp)
    -> impl Future<Output = Result<(), StoreError>>;

    /// Writes where a job stands, in one write. `before` is the token of the record that the attempt read, blank where
    /// there was none. `false`: another attempt wrote meanwhile, and nothing is written.
    fn write(
        &self,
        job: &Job,
        after: &After,
        before: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>>;
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
        After { record, place }: &After,
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
