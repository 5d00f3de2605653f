//! Creates with an idempotency key, which are performed once.

use aws::store::StoreError;
use domain::id::MarketplaceId;
use jiff::Timestamp;

pub use aws::store::{Attempt, StoredResponse};

use crate::engine::Engine;

/// The operations on creates with an idempotency key.
#[derive(Debug, Clone, Copy)]
pub struct Creates<'a>(&'a Engine);

impl Engine {
    /// The operations on creates with an idempotency key.
    pub fn creates(&self) -> Creates<'_> {
        Creates(self)
    }
}

impl Creates<'_> {
    /// Begins a create under a key. `fingerprint` identifies the request.
    pub async fn begin(
        &self,
        m: &MarketplaceId,
        key: &str,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<Attempt, StoreError> {
        self.0.store.begin_create(m, key, fingerprint, now).await
    }

    /// Stores the response of a create.
    pub async fn end(
        &self,
        m: &MarketplaceId,
        key: &str,
        response: &StoredResponse,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.store.end_create(m, key, response, now).await
    }

    /// Deletes a create that failed, so that it can be repeated under the same key.
    pub async fn forget(&self, m: &MarketplaceId, key: &str) -> Result<(), StoreError> {
        self.0.store.forget_create(m, key).await
    }
}
