//! The store's operations for jobs, in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws::store::{Claimed, StoreError};
use domain::admission::{After, Place};
use domain::effect::Claim;
use domain::id::{EffectKey, JobId, MarketplaceId};
use domain::job::Job;
use domain::log::JobRecord;
use jiff::Timestamp;

use crate::jobs::Jobs;

/// Records, claims, and the places where jobs wait. Nothing expires.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    records: BTreeMap<(MarketplaceId, JobId), (JobRecord, Place, Job)>,
    claims: BTreeMap<(MarketplaceId, EffectKey), Claim>,
}

impl Memory {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every record, and the place where its job waits.
    pub fn all(&self) -> Vec<(JobRecord, Place)> {
        self.tables().records.values().map(|(record, place, _)| (record.clone(), *place)).collect()
    }

    /// A job's record, and the place where the job waits.
    pub fn stands(&self, m: &MarketplaceId, id: &JobId) -> Option<(JobRecord, Place)> {
        self.tables().records.get(&(m.clone(), *id)).map(|(record, place, _)| (record.clone(), *place))
    }

    /// Takes the jobs for which `goes` returns true, as the sweeper does: each is due again at `again`.
    pub fn take(&self, goes: impl Fn(JobId, Place) -> bool, again: Timestamp) -> Vec<Job> {
        let mut taken = Vec::new();
        for ((_, id), (_, place, message)) in &mut self.tables().records {
            if goes(*id, *place) {
                *place = Place::Table(again);
                taken.push(message.clone());
            }
        }
        taken
    }
}

impl Jobs for Memory {
    async fn record(
        &self,
        m: &MarketplaceId,
        id: &JobId,
        _now: Timestamp,
    ) -> Result<Option<JobRecord>, StoreError> {
        Ok(self.stands(m, id).map(|(record, _)| record))
    }

    async fn claim(
        &self,
        job: &Job,
        claim: &Claim,
        over: Option<&Claim>,
        _now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        let (mut tables, key) = (self.tables(), (job.marketplace.clone(), job.effect.key));
        if let Some(held) = tables.claims.get(&key)
            && over.is_none_or(|over| over.token != held.token)
        {
            return Ok(Claimed::Held(Box::new(held.clone())));
        }
        tables.claims.insert(key, claim.clone());
        Ok(Claimed::Ours)
    }

    async fn release(&self, job: &Job, token: &str, now: Timestamp) -> Result<(), StoreError> {
        let (mut tables, key) = (self.tables(), (job.marketplace.clone(), job.effect.key));
        if let Some(claim) = tables.claims.get_mut(&key).filter(|claim| claim.token == token) {
            claim.leased_until = now;
        }
        Ok(())
    }

    async fn write(
        &self,
        job: &Job,
        After { record, place }: &After,
        before: &str,
        _now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (mut tables, key) = (self.tables(), (job.marketplace.clone(), job.id));
        if tables.records.get(&key).is_some_and(|(found, _, _)| found.token != before) {
            return Ok(false);
        }
        tables.records.insert(key, (record.clone(), *place, job.parked()));
        Ok(true)
    }
}
