//! A merchant's session in the portal: the operator's platform creates it, and the API accepts its token until it ends.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::author::Actor;
use crate::id::{MarketplaceId, SessionId};

/// The permission of a session in its marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Read.
    Read,
    /// Read and change.
    Write,
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The marketplace whose data it can access.
    pub marketplace: MarketplaceId,
    /// The permission that it grants.
    pub permission: Permission,
    /// The only web origin that may use it, such as `https://app.example.com`; `None` for any origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The person who uses it; `None` if the operator's platform names no person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// The time of its creation.
    pub created_at: Timestamp,
    /// The time at which it expires.
    pub expires_at: Timestamp,
    /// The time at which it was ended before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

impl Session {
    /// Whether the API accepts its token.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}
