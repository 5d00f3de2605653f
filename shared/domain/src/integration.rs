//! A connected account of an app.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::id::{IntegrationId, MarketplaceId};
use crate::outcome::Reason;
use crate::time;

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
    /// How it was connected: one of the manifest's methods.
    pub method: String,
    /// What the app calls it, where it says: "Ada's Bookshop".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The URL that the merchant gave for it, such as a webhook's, without the parts that can be a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether it works.
    pub connection: Connection,
    /// How its app has answered lately.
    #[serde(default)]
    pub health: Health,
    /// The credentials, encrypted; only the connector can open them.
    pub credentials: Ciphertext,
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

/// How an account's app has answered lately: after ten failures in a row it is asked less and less often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// How many calls have failed in passing since the last one that did not.
    #[serde(default)]
    pub failures: u32,
    /// How often it has been paused since then.
    #[serde(default)]
    pub pauses: u32,
    /// Until when it is not called; then one call goes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_until: Option<Timestamp>,
    /// Whether that call is under way, until then at the latest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub probing: bool,
    /// The app takes nothing before this: it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

/// After this many failures in a row an account is paused.
pub const PAUSE_AFTER: u32 = 10;
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);

impl Health {
    /// Whether so many failures in a row pause an account.
    pub fn opens_after(failures: u32) -> bool {
        failures >= PAUSE_AFTER
    }

    /// Until when the next pause lasts: each is twice as long as the one before.
    pub fn next_open_until(&self, now: Timestamp) -> Timestamp {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.pauses.min(10)).min(LONGEST_PAUSE);
        time::after(now, pause)
    }

    /// Whether nothing speaks against calling it.
    pub fn is_good(&self) -> bool {
        self.failures == 0 && self.open_until.is_none()
    }
}

/// Encrypted credentials, in base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ciphertext(pub String);

impl std::fmt::Debug for Ciphertext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ciphertext(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_in_a_row_pause_an_account_for_a_growing_while() {
        assert!(!Health::opens_after(9) && Health::opens_after(10));
        let pause = |pauses| {
            Health { pauses, ..Health::default() }.next_open_until(Timestamp::UNIX_EPOCH).as_second()
        };
        assert_eq!((pause(0), pause(1), pause(2), pause(1000)), (30, 60, 120, 900));
    }
}
