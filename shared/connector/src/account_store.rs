//! Storage of the state of accounts that deliveries change: the table, or its in-memory twin.

use std::time::Duration;

use aws::store::{Refusal, Store, StoreError, Streak};
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::{Health, Integration};
use domain::outcome::Reason;
use jiff::Timestamp;

/// The store's operations for accounts. `known` and `used` are the account as the caller read it: an account with other
/// credentials is not changed. `testing::conformance` checks that all implementations behave the same.
#[expect(async_fn_in_trait, reason = "a delivery runs on one thread")]
pub trait AccountStore {
    /// An account as stored now.
    async fn account(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<Integration>, StoreError>;

    /// Counts a call that failed temporarily. Returns until when the circuit breaker is open, if this failure opened
    /// it.
    async fn record_failure(
        &self,
        known: &Integration,
        streak: Streak,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError>;

    /// Resets the failures of an account whose app responds again.
    async fn record_success(&self, known: &Integration) -> Result<(), StoreError>;

    /// Stores the time before which the app accepts no calls, unless a later time is stored.
    async fn record_limit(&self, known: &Integration, until: Timestamp) -> Result<(), StoreError>;

    /// Takes the probe of an account whose circuit breaker was open until now; `None`: another call took it.
    async fn take_probe(
        &self,
        known: &Integration,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Option<Health>, StoreError>;

    /// Marks an account whose credentials the app refused.
    async fn mark_needs_reconnect(
        &self,
        used: &Integration,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<Refusal, StoreError>;
}

impl AccountStore for Store {
    async fn account(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<Integration>, StoreError> {
        self.integration(m, id, now).await
    }

    async fn record_failure(
        &self,
        known: &Integration,
        streak: Streak,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        Store::record_failure(self, known, streak, now).await
    }

    async fn record_success(&self, known: &Integration) -> Result<(), StoreError> {
        Store::record_success(self, known).await
    }

    async fn record_limit(&self, known: &Integration, until: Timestamp) -> Result<(), StoreError> {
        Store::record_limit(self, known, until).await
    }

    async fn take_probe(
        &self,
        known: &Integration,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Option<Health>, StoreError> {
        Store::take_probe(self, known, lease, now).await
    }

    async fn mark_needs_reconnect(
        &self,
        used: &Integration,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<Refusal, StoreError> {
        Store::mark_needs_reconnect(self, used, reason, now).await
    }
}
