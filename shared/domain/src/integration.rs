//! A connected account of an app.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::author::Author;
use crate::id::{IntegrationId, MarketplaceId};
use crate::outcome::Reason;
use crate::time;

/// One connected account ("instance") of an app. A marketplace can have several for each app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integration {
    /// Its id.
    pub id: IntegrationId,
    /// The marketplace of the account.
    pub marketplace: MarketplaceId,
    /// Its app.
    pub app: App,
    /// The merchant's own name for it, unique in the marketplace.
    pub label: String,
    /// The key of the manifest's method that it was connected by.
    pub method: String,
    /// The app's name for the account, if it returns one: "Ada's Bookshop".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The URL that the merchant entered, such as a webhook's, without the parts that may be secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether the account works.
    pub connection: Connection,
    /// The recent results of calls to its app.
    #[serde(default)]
    pub health: Health,
    /// The credentials, encrypted; only the connector can decrypt them.
    pub credentials: Ciphertext,
    /// The time at which it was first connected.
    pub created_at: Timestamp,
    /// The last change of its label or credentials.
    pub updated_at: Timestamp,
    /// The author of that change. Accounts that were saved before accounts had authors have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<Author>,
}

/// Whether an account works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Connection {
    /// The app has not refused the credentials.
    Connected,
    /// The app refused the credentials; jobs are held until the merchant reconnects.
    NeedsReconnect {
        /// The time at which the credentials were refused.
        since: Timestamp,
        /// The app's reason.
        reason: Reason,
    },
}

/// The recent results of calls to an account's app. After ten failures in a row, calls are paused for longer and
/// longer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The number of temporary failures since the last call without one.
    #[serde(default)]
    pub failures: u32,
    /// The number of pauses since then.
    #[serde(default)]
    pub pauses: u32,
    /// The time until which no call is made. Then one call is made as a probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_until: Option<Timestamp>,
    /// Whether the probe is in progress, until `open_until` at the latest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub probing: bool,
    /// The time before which the app accepts no calls, as the app said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

/// The number of failures in a row after which calls to an account are paused.
pub const PAUSE_AFTER: u32 = 10;
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);

impl Health {
    /// Whether this many failures in a row pause an account.
    pub fn opens_after(failures: u32) -> bool {
        failures >= PAUSE_AFTER
    }

    /// The end of the next pause: each pause is twice as long as the one before.
    pub fn next_open_until(&self, now: Timestamp) -> Timestamp {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.pauses.min(10)).min(LONGEST_PAUSE);
        time::after(now, pause)
    }

    /// Whether no failure is counted and calls are not paused.
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
