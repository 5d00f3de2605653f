//! The store's operations for jobs and for accounts, in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws::store::{Claimed, Refusal, StoreError, Streak};
use domain::admission::{After, Place};
use domain::effect::Claim;
use domain::id::{EffectKey, IntegrationId, JobId, MarketplaceId};
use domain::integration::{Connection, Health, Integration};
use domain::job::Job;
use domain::log::JobRecord;
use domain::outcome::Reason;
use domain::time;
use jiff::Timestamp;

use crate::account_store::AccountStore;
use crate::jobs::Jobs;

/// Records, claims, the places where jobs wait, and accounts. Nothing expires.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    records: BTreeMap<(MarketplaceId, JobId), (JobRecord, Place, Job)>,
    claims: BTreeMap<(MarketplaceId, EffectKey), Claim>,
    accounts: BTreeMap<(MarketplaceId, IntegrationId), Integration>,
}

impl Memory {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every record, and the place where its job waits.
    pub fn all(&self) -> Vec<(JobRecord, Place)> {
        self.tables().records.values().map(|(record, place, _)| (record.clone(), *place)).collect()
    }

    /// The place where each job waits.
    pub fn places(&self) -> Vec<(JobId, Place)> {
        self.tables().records.values().map(|(record, place, _)| (record.id, *place)).collect()
    }

    /// A job's record, and the place where the job waits.
    pub fn stands(&self, m: &MarketplaceId, id: &JobId) -> Option<(JobRecord, Place)> {
        self.look(m, id, |record, place| (record.clone(), place))
    }

    /// The value that `look` returns for a job's record, which is not copied.
    pub fn look<T>(
        &self,
        m: &MarketplaceId,
        id: &JobId,
        look: impl FnOnce(&JobRecord, Place) -> T,
    ) -> Option<T> {
        self.tables().records.get(&(m.clone(), *id)).map(|(record, place, _)| look(record, *place))
    }

    /// Stores an account, or replaces it.
    pub fn save(&self, account: Integration) {
        self.tables().accounts.insert((account.marketplace.clone(), account.id.clone()), account);
    }

    /// Deletes an account.
    pub fn delete(&self, m: &MarketplaceId, id: &IntegrationId) {
        self.tables().accounts.remove(&(m.clone(), id.clone()));
    }

    /// Erases the jobs that `goes` returns true for, with their claims.
    pub fn erase(&self, goes: impl Fn(&Job) -> bool) {
        let Tables { records, claims, .. } = &mut *self.tables();
        let is_erased = |id: JobId| records.values().any(|(record, _, job)| record.id == id && goes(job));
        claims.retain(|_, claim| !is_erased(claim.holder.job));
        records.retain(|_, (_, _, job)| !goes(job));
    }

    /// An account.
    pub fn stored(&self, m: &MarketplaceId, id: &IntegrationId) -> Option<Integration> {
        self.tables().accounts.get(&(m.clone(), id.clone())).cloned()
    }

    /// Changes an account if it still has the credentials that the caller knows and `holds` returns true.
    fn change<T>(
        &self,
        known: &Integration,
        holds: impl FnOnce(&Integration) -> bool,
        change: impl FnOnce(&mut Integration) -> T,
    ) -> Option<T> {
        let mut tables = self.tables();
        let account = tables.accounts.get_mut(&(known.marketplace.clone(), known.id.clone()))?;
        (account.credentials == known.credentials && holds(account)).then(|| change(account))
    }

    /// Takes the jobs for which `goes` returns true, as the sweeper does: each is due again at `again`.
    pub fn take(&self, goes: impl Fn(&Job, Place) -> bool, again: Timestamp) -> Vec<Job> {
        let mut taken = Vec::new();
        for (_, place, message) in self.tables().records.values_mut() {
            if goes(message, *place) {
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

    async fn claim_of(&self, job: &Job, _now: Timestamp) -> Result<Option<Claim>, StoreError> {
        Ok(self.tables().claims.get(&(job.marketplace.clone(), job.effect.key)).cloned())
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
        After { record, place, .. }: &After,
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

impl AccountStore for Memory {
    async fn account(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        _now: Timestamp,
    ) -> Result<Option<Integration>, StoreError> {
        Ok(self.stored(m, id))
    }

    async fn record_failure(
        &self,
        known: &Integration,
        streak: Streak,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let counts = |account: &Integration| match streak {
            Streak::Begins => account.health.open_until.is_none(),
            Streak::GoesOn => true,
        };
        let count = |account: &mut Integration| {
            account.health.failures = match streak {
                Streak::Begins => 1,
                Streak::GoesOn => account.health.failures + 1,
            };
            account.health
        };
        let health = self.change(known, counts, count);
        let Some(health) = health.filter(|health| Health::opens_after(health.failures)) else {
            return Ok(None);
        };
        let until = health.next_open_until(now);
        let open = |account: &mut Integration| {
            account.health.open_until = Some(until);
            account.health.pauses += 1;
            account.health.probing = false;
        };
        Ok(self.change(known, |account| is_as_known(account, known), open).map(|()| until))
    }

    async fn record_success(&self, known: &Integration) -> Result<(), StoreError> {
        let close = |account: &mut Integration| {
            account.health = Health { not_before: account.health.not_before, ..Health::default() };
        };
        self.change(known, |_| true, close);
        Ok(())
    }

    async fn record_limit(&self, known: &Integration, until: Timestamp) -> Result<(), StoreError> {
        let is_later = |account: &Integration| account.health.not_before.is_none_or(|before| before < until);
        self.change(known, is_later, |account| account.health.not_before = Some(until));
        Ok(())
    }

    async fn take_probe(
        &self,
        known: &Integration,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Option<Health>, StoreError> {
        let take = |account: &mut Integration| {
            account.health.open_until = Some(time::later(now, lease));
            account.health.probing = true;
            account.health
        };
        Ok(self.change(known, |account| is_as_known(account, known), take))
    }

    async fn mark_needs_reconnect(
        &self,
        used: &Integration,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<Refusal, StoreError> {
        let mark = |account: &mut Integration| {
            account.connection = Connection::NeedsReconnect { since: now, reason: reason.clone() };
        };
        if self.change(used, |account| account.connection == Connection::Connected, mark).is_some() {
            return Ok(Refusal::First);
        }
        let latest = self.account(&used.marketplace, &used.id, now).await?;
        let same = latest.is_none_or(|latest| latest.credentials == used.credentials);
        Ok(if same { Refusal::Known } else { Refusal::Outdated })
    }
}

/// Whether the circuit breaker still is in the known state.
fn is_as_known(account: &Integration, known: &Integration) -> bool {
    account.health.open_until == known.health.open_until
}
