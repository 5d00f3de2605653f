//! Portal sessions.

use aws::store::StoreError;
use domain::id::{MarketplaceId, SessionId};
use domain::session::Session;
use jiff::Timestamp;

pub use aws::store::Use;

use crate::engine::Engine;

/// The maximum number of open sessions of a marketplace.
pub const MOST_OPEN: usize = 1_000;

/// The operations on portal sessions.
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a>(&'a Engine);

impl Engine {
    /// The operations on portal sessions.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }
}

/// The reason why a session is not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The marketplace has the maximum number of open sessions.
    #[error(
        "the marketplace has {MOST_OPEN} open portal sessions, the maximum: revoke some, or wait until they expire"
    )]
    Full,
    /// DynamoDB did not respond.
    #[error("the session cannot be stored")]
    Store(#[from] StoreError),
}

impl Sessions<'_> {
    /// The sessions of a marketplace, including sessions that ended within a day.
    pub async fn list(&self, m: &MarketplaceId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.0.store.sessions(m, now).await
    }

    /// Stores a new session.
    pub async fn open(&self, session: &Session, now: Timestamp) -> Result<(), OpenError> {
        let open = self.list(&session.marketplace, now).await?;
        if open.iter().filter(|session| session.is_open(now)).count() >= MOST_OPEN {
            return Err(OpenError::Full);
        }
        Ok(self.0.store.save_session(session).await?)
    }

    /// Uses a session for one request, of `limit` a minute.
    pub async fn use_once(
        &self,
        m: &MarketplaceId,
        id: &SessionId,
        limit: u32,
        now: Timestamp,
    ) -> Result<Use, StoreError> {
        self.0.store.use_session(m, id, limit, now).await
    }

    /// Revokes a session. `false`: it does not exist.
    pub async fn revoke(
        &self,
        m: &MarketplaceId,
        id: &SessionId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.0.store.revoke_session(m, id, now).await
    }

    /// Revokes all sessions of a marketplace, and returns how many of them were open.
    pub async fn revoke_all(&self, m: &MarketplaceId, now: Timestamp) -> Result<usize, StoreError> {
        self.0.store.revoke_sessions(m, now).await
    }
}
