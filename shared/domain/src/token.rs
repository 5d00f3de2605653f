//! OAuth tokens of an account: who may refresh them, and what an answer of the app's means for what is stored.
//!
//! Apps issue a new refresh token with every refresh and take each one once. So one refresher asks at a time, under a
//! lease, and stores the new pair before anybody uses it. Every write compares the [`Tokens::stamp`] it began from, so
//! the rules here see what really stands, and are all there is to know about who wins.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::integration::Ciphertext;
use crate::outcome::Reason;

/// An access token is used only while it is good for so much longer.
pub const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// An account's pair of tokens, encrypted, and the refresh that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// What calls are made with.
    pub access: Ciphertext,
    /// What a new pair is asked for with.
    pub refresh: Ciphertext,
    /// When the access token expires.
    pub expires_at: Timestamp,
    /// The turn that this pair came of.
    pub version: u64,
    /// Counts who has connected the account or taken the lease.
    pub turn: u64,
    /// Changes with every write.
    pub stamp: String,
    /// A refresh that was begun and has not ended well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
}

/// What a login yields: a pair, encrypted for its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// What calls are made with.
    pub access: Ciphertext,
    /// What a new pair is asked for with.
    pub refresh: Ciphertext,
    /// When the access token expires.
    pub expires_at: Timestamp,
}

/// A refresh that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who began it.
    pub token: String,
    /// Nobody else asks the app before this.
    pub leased_until: Timestamp,
    /// How far it is.
    pub phase: Phase,
    /// Whether the app may have issued a pair that was never stored.
    pub lost: bool,
}

/// How far a refresh is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Phase {
    /// The app is being asked.
    Asking,
    /// It failed in passing; somebody may ask again when the lease ends.
    Failed {
        /// What went wrong.
        reason: Reason,
    },
    /// The app named the time before which it takes nothing: the lease's end.
    Limited {
        /// What the app said.
        reason: Reason,
    },
    /// The app refused the refresh token, for good.
    Refused {
        /// What the app said.
        reason: Reason,
    },
}

/// What to do next to get a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Use the stored access token.
    Use,
    /// Take the lease and ask the app.
    Refresh,
    /// Somebody else is asking; the lease ends then at the latest.
    Wait(Timestamp),
    /// Come back then: the app failed in passing a moment ago.
    Failed(Timestamp, Reason),
    /// Come back then.
    Limited(Timestamp, Reason),
    /// Give up until the merchant reconnects.
    Reconnect(Reason),
}

/// What a caller knows of the tokens before it looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// The version at its first look: a later one is new, so it is used however briefly it is good for.
    pub first: Option<u64>,
    /// The version whose access token the app has refused.
    pub refused: Option<u64>,
}

/// What came of asking the app for a new pair.
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
    /// The refresh token is refused (`invalid_grant`).
    Refused(Reason),
    /// A fault in passing: the next one may ask then.
    Failed {
        /// When.
        until: Timestamp,
        /// What went wrong.
        reason: Reason,
        /// Whether the app may have issued a pair all the same.
        lost: bool,
    },
    /// The app takes nothing before then.
    Limited(Timestamp, Reason),
}

impl Tokens {
    /// The pair that connecting an account yields, over what stood before. A refresh under way loses its lease.
    #[must_use]
    pub fn connected(
        before: Option<&Self>,
        Pair { access, refresh, expires_at }: Pair,
        stamp: String,
    ) -> Self {
        let turn = before.map_or(0, |before| before.turn) + 1;
        Self { access, refresh, expires_at, version: turn, turn, stamp, lease: None }
    }

    /// What to do next.
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

    /// The same under a lease, after [`Step::Refresh`].
    #[must_use]
    pub fn leased(&self, holder: String, until: Timestamp, stamp: String) -> Self {
        // A refresh that was begun and never ended: its pair, if there was one, is lost.
        let lost = self.lease.as_ref().is_some_and(|lease| lease.lost || lease.phase == Phase::Asking);
        let lease = Lease { token: holder, leased_until: until, phase: Phase::Asking, lost };
        Self { turn: self.turn + 1, stamp, lease: Some(lease), ..self.clone() }
    }

    /// What to write once the app has answered whoever took the lease as in `taken`. `None`: nothing; what stands is newer,
    /// or somebody else is at it.
    #[must_use]
    pub fn settled(&self, taken: &Self, answer: Answer, stamp: String) -> Option<Self> {
        let holder = taken.lease.as_ref().map(|lease| &lease.token);
        let ours = self.lease.as_ref().filter(|lease| Some(&lease.token) == holder);
        let is_superseded = self.version != taken.version;
        let lease = match (answer, ours) {
            // Nobody asks after their lease, so the app's last pair is that of the last turn.
            (Answer::Issued { .. }, _) if self.version >= taken.turn => return None,
            // Whoever has lost the lease stores a pair all the same, because the app may refuse everybody who asks later;
            // the lease they leave to whoever has it now.
            (Answer::Issued { access, refresh, expires_at }, ours) => {
                let asking = |lease: &&Lease| ours.is_none() && lease.phase == Phase::Asking;
                let lease = self.lease.as_ref().filter(asking).cloned();
                let (version, turn) = (taken.turn, self.turn);
                return Some(Self { access, refresh, expires_at, version, turn, stamp, lease });
            }
            (_, None) => return None,
            // A pair came from somebody who had asked earlier: what the app said of the old one is of no interest.
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

/// Says what is most likely behind a refusal that follows a refresh without an end.
fn lost(reason: Reason) -> Reason {
    let message = format!(
        "{} An earlier refresh was begun and never ended: the app had issued new tokens that could not be stored.",
        reason.message
    );
    Reason { message, ..reason }
}

#[cfg(test)]
mod tests;
