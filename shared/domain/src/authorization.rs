//! A merchant who was sent to an app to allow us in, and has not come back yet.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::IntegrationId;
use crate::integration::Sealed;

/// How long a merchant has to allow us in.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(15);

/// What is known of the account that is to be connected. It is taken out as the merchant comes back, so that nobody comes
/// back twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The account's id.
    pub integration: IntegrationId,
    /// Its label; absent where it keeps the one that it has.
    pub label: Option<String>,
    /// The manifest's method.
    pub method: String,
    /// What the merchant typed in before, and the proof key where the app takes one.
    pub credentials: Sealed,
    /// Where the app sends the merchant back to.
    pub redirect_uri: String,
    /// Until when.
    pub expires_at: Timestamp,
}
