//! A connected account of an app.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::id::{IntegrationId, MarketplaceId};
use crate::outcome::Reason;

/// One connected account ("instance") of an app; a marketplace has any number for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integration {
    /// Its id.
    pub id: IntegrationId,
    /// Whose account it is.
    pub marketplace: MarketplaceId,
    /// Its app.
    pub app: App,
    /// The merchant's own name for it, unique in the marketplace.
    pub label: String,
    /// Whether it works.
    pub connection: Connection,
    /// The credentials, encrypted; only the connector can open them.
    pub credentials: Sealed,
    /// When it was connected first.
    pub created_at: Timestamp,
    /// When its label or credentials last changed.
    pub updated_at: Timestamp,
}

/// Whether an account works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Connection {
    /// As far as we know.
    Connected,
    /// The app refused the credentials; jobs are held until the merchant reconnects.
    NeedsReconnect {
        /// Since when.
        since: Timestamp,
        /// What the app said.
        reason: Reason,
    },
}

/// Encrypted credentials, in base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(…)")
    }
}
