//! A merchant's time in the portal: the operator's platform opens it, and the API takes its token until it ends.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{MarketplaceId, SessionId};

/// What somebody may do in a marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Look.
    Read,
    /// Look and change.
    Write,
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose data it may see.
    pub marketplace: MarketplaceId,
    /// What it may do.
    pub permission: Permission,
    /// The web origin that it may be used from, such as `https://app.example.com`; any where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was ended before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

impl Session {
    /// Whether its token is taken.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}
