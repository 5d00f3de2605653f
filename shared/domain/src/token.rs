//! OAuth tokens of an account: who may refresh them, and how the app's answer changes the stored tokens.
//!
//! Apps issue a new refresh token with every refresh and accept each one once. Therefore one caller refreshes at a
//! time, under a lease, and stores the new pair before it is used. Every write compares the [`Tokens::stamp`] that it
//! started from, so the functions here decide from the stored state, and they alone decide which write wins.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::integration::Ciphertext;
use crate::outcome::Reason;

/// An access token is used only if it is valid for at least this much longer.
pub const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// An account's pair of tokens, encrypted, and the refresh in progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// The access token, for calls.
    pub access: Ciphertext,
    /// The refresh token.
    pub refresh: Ciphertext,
    /// When the access token expires.
    pub expires_at: Timestamp,
    /// The turn in which this pair was issued.
    pub version: u64,
    /// The number of times that the account was connected or the lease was taken.
    pub turn: u64,
    /// Changes with every write.
    pub stamp: String,
    /// A refresh that has started and has not succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
}

/// The result of a login: a pair, encrypted for its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The access token, for calls.
    pub access: Ciphertext,
    /// The refresh token.
    pub refresh: Ciphertext,
    /// When the access token expires.
    pub expires_at: Timestamp,
}

/// A refresh that has started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Identifies the caller that started it.
    pub token: String,
    /// No other caller asks the app before this time.
    pub leased_until: Timestamp,
    /// Its progress.
    pub phase: Phase,
    /// Whether the app may have issued a pair that was never stored.
    pub lost: bool,
}

/// The progress of a refresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Phase {
    /// The request to the app is in progress.
    Asking,
    /// It failed temporarily; another caller may ask when the lease ends.
    Failed {
        /// The failure.
        reason: Reason,
    },
    /// The app named a time before which it accepts no refresh: the end of the lease.
    Limited {
        /// The app's message.
        reason: Reason,
    },
    /// The app refused the refresh token permanently.
    Refused {
        /// The app's message.
        reason: Reason,
    },
}

/// The next step of a caller that needs a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Use the stored access token.
    Use,
    /// Take the lease and ask the app.
    Refresh,
    /// Another caller is asking; wait until its lease ends at the latest.
    Wait(Timestamp),
    /// The app failed temporarily a moment ago: return at this time.
    Failed(Timestamp, Reason),
    /// The app accepts no refresh before this time.
    Limited(Timestamp, Reason),
    /// Stop until the merchant reconnects.
    Reconnect(Reason),
}

/// The caller's knowledge of the tokens before it reads them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// The version at its first read. A later version is new, so it is used even if it expires soon.
    pub first: Option<u64>,
    /// The version whose access token the app refused.
    pub refused: Option<u64>,
}

/// The app's answer to a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The new pair.
    Issued {
        /// The access token.
        access: Ciphertext,
        /// The refresh token.
        refresh: Ciphertext,
        /// When the access token expires.
        expires_at: Timestamp,
    },
    /// The app refused the refresh token (`invalid_grant`).
    Refused(Reason),
    /// A temporary failure.
    Failed {
        /// The time at which the next caller may ask.
        until: Timestamp,
        /// The failure.
        reason: Reason,
        /// Whether the app may have issued a pair although the refresh failed.
        lost: bool,
    },
    /// The app accepts no refresh before this time.
    Limited(Timestamp, Reason),
}

impl Tokens {
    /// The pair from connecting an account, over the tokens stored before. A refresh in progress loses its lease.
    #[must_use]
    pub fn connected(
        before: Option<&Self>,
        Pair { access, refresh, expires_at }: Pair,
        stamp: String,
    ) -> Self {
        let turn = before.map_or(0, |before| before.turn) + 1;
        Self { access, refresh, expires_at, version: turn, turn, stamp, lease: None }
    }

    /// The next step of a caller.
    pub fn next(&self, seen: Seen, now: Timestamp) -> Step {
        let is_new = seen.first.is_some_and(|first| self.version > first);
        let margin = if is_new { SignedDuration::ZERO } else { MARGIN };
        let is_good = self.expires_at.duration_since(now) >= margin && self.expires_at > now;
        if is_good && seen.refused != Some(self.version) {
            return Step::Use;
        }
        let Some(lease) = &self.lease else { return Step::Refresh };
        match &lease.phase {
            Phase::Refused { reason } => Step::Reconnect(reason.clone()),
            _ if lease.leased_until <= now => Step::Refresh,
            Phase::Asking => Step::Wait(lease.leased_until),
            Phase::Failed { reason } => Step::Failed(lease.leased_until, reason.clone()),
            Phase::Limited { reason } => Step::Limited(lease.leased_until, reason.clone()),
        }
    }

    /// These tokens with a lease, after [`Step::Refresh`].
    #[must_use]
    pub fn leased(&self, holder: String, until: Timestamp, stamp: String) -> Self {
        // The earlier refresh started and never ended. If it got a pair, the pair is lost.
        let lost = self.lease.as_ref().is_some_and(|lease| lease.lost || lease.phase == Phase::Asking);
        let lease = Lease { token: holder, leased_until: until, phase: Phase::Asking, lost };
        Self { turn: self.turn + 1, stamp, lease: Some(lease), ..self.clone() }
    }

    /// The tokens to store after the app has answered the caller that took the lease in `taken`. `None`: nothing to
    /// store, because the stored pair is newer, or another caller has the lease.
    #[must_use]
    pub fn settled(&self, taken: &Self, answer: Answer, stamp: String) -> Option<Self> {
        let holder = taken.lease.as_ref().map(|lease| &lease.token);
        let ours = self.lease.as_ref().filter(|lease| Some(&lease.token) == holder);
        let is_superseded = self.version != taken.version;
        let lease = match (answer, ours) {
            // No caller asks after its lease ends, so the app's latest pair is that of the latest turn.
            (Answer::Issued { .. }, _) if self.version >= taken.turn => return None,
            // A caller that has lost the lease stores its pair too, because the app may refuse every later caller. The
            // current holder keeps the lease.
            (Answer::Issued { access, refresh, expires_at }, ours) => {
                let asking = |lease: &&Lease| ours.is_none() && lease.phase == Phase::Asking;
                let lease = self.lease.as_ref().filter(asking).cloned();
                let (version, turn) = (taken.turn, self.turn);
                return Some(Self { access, refresh, expires_at, version, turn, stamp, lease });
            }
            (_, None) => return None,
            // Another caller's pair was stored in the meantime, so the app's answer about the old pair does not matter.
            (_, Some(_)) if is_superseded => None,
            (Answer::Refused(reason), Some(lease)) => {
                let reason = if lease.lost { lost(reason) } else { reason };
                Some(Lease { phase: Phase::Refused { reason }, ..lease.clone() })
            }
            (Answer::Failed { until, reason, lost }, Some(lease)) => Some(Lease {
                leased_until: until,
                phase: Phase::Failed { reason },
                lost: lease.lost || lost,
                token: lease.token.clone(),
            }),
            (Answer::Limited(until, reason), Some(lease)) => {
                Some(Lease { leased_until: until, phase: Phase::Limited { reason }, ..lease.clone() })
            }
        };
        Some(Self { stamp, lease, ..self.clone() })
    }
}

/// Adds the likely cause to a refusal that follows a refresh that never ended.
fn lost(reason: Reason) -> Reason {
    let message = format!(
        "{} An earlier refresh did not finish: the app had issued new tokens that could not be stored.",
        reason.message
    );
    Reason { message, ..reason }
}

#[cfg(test)]
mod tests;
