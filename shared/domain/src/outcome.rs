//! The result of a connector's call.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The reason for a result, in a merchant's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The message: "The list no longer exists in Mailchimp."
    pub message: String,
    /// The action that the merchant can take, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The part that has to change, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// A note that a later success repeats: changes that this attempt made already, or values that it left out.
    #[serde(skip)]
    pub note: Option<Box<Carried>>,
}

/// The part that has to change before a rejected action can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fix {
    /// The rule, or the merchant's rules as a whole: a setting, another action, another account.
    Rule,
    /// The contact's data or their consent, which no rule changes.
    Contact,
    /// The connection, or the account in the app: its plan, its permissions, its data.
    Account,
}

impl Fix {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rule, Self::Contact, Self::Account];

    /// The name in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Contact => "contact",
            Self::Account => "account",
        }
    }
}

/// A note that a later success repeats. It is rare, so it is boxed to keep a reason small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried(pub String);

impl Reason {
    /// A reason that requires no action of the merchant.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, fix: None, note: None }
    }

    /// A reason whose message is followed by the note, or the note alone without a reason.
    pub fn with_note(reason: Option<Self>, note: Option<String>) -> Option<Self> {
        match (reason, note) {
            (Some(Self { message, .. }), Some(note)) if message.contains(&note) => Some(Self::new(message)),
            (Some(Self { message, hint, fix, .. }), Some(note)) => {
                Some(Self { hint, fix, ..Self::new(format!("{message} {note}")) })
            }
            (reason, note) => reason.or(note.map(Self::new)),
        }
    }

    /// This reason with a note that a later success repeats.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(Box::new(Carried(note.into()))), ..self }
    }

    /// This reason with a hint for the merchant.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// This reason with what has to change.
    #[must_use]
    pub fn fix(self, fix: impl Into<Option<Fix>>) -> Self {
        Self { fix: fix.into(), ..self }
    }
}

/// The result of a connector's call. Every consumer matches on all variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The app made the change.
    Done {
        /// Information for the merchant besides the success.
        note: Option<String>,
    },
    /// The app was already in the requested state. Counts as a success.
    AlreadySo {
        /// Information for the merchant besides the success.
        note: Option<String>,
    },
    /// The change was not made.
    Failed(Setback),
}

impl Outcome {
    /// A success without a note.
    pub const DONE: Outcome = Outcome::Done { note: None };

    /// Already in the requested state, with the app's message.
    pub fn already(note: impl Into<String>) -> Self {
        Outcome::AlreadySo { note: Some(note.into()) }
    }
}

/// The reason why a change was not made, by its consequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setback {
    /// A temporary failure of the app: retried on the schedule.
    Transient {
        /// The failure.
        reason: Reason,
    },
    /// The app works, but something that the action needs does not exist yet: retried on the schedule.
    PreconditionMissing {
        /// The missing thing.
        reason: Reason,
    },
    /// The app accepts no calls before a time. Does not count as an attempt.
    RateLimited {
        /// The earliest time for the next call.
        until: Timestamp,
        /// The app's message.
        reason: Reason,
    },
    /// The app refuses the credentials: the account's jobs are held until the merchant reconnects.
    ReconnectNeeded {
        /// The app's message.
        reason: Reason,
    },
    /// The app will never accept the action as it is.
    Rejected {
        /// The change that the merchant must make.
        reason: Reason,
    },
}

impl Setback {
    /// A temporary failure of the app: retry on the schedule.
    pub fn transient(message: impl Into<String>) -> Self {
        Self::Transient { reason: Reason::new(message) }
    }

    /// Something that the action needs does not exist yet: retry on the schedule.
    pub fn precondition_missing(message: impl Into<String>) -> Self {
        Self::PreconditionMissing { reason: Reason::new(message) }
    }

    /// The app accepts no calls before `until`.
    pub fn rate_limited(until: Timestamp, message: impl Into<String>) -> Self {
        Self::RateLimited { until, reason: Reason::new(message) }
    }

    /// The account must be reconnected; the hint says how.
    pub fn reconnect(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::ReconnectNeeded { reason: Reason::new(message).hint(hint) }
    }

    /// The action is never accepted as it is. `fix` is what has to change, `None` if that is not known; the hint says how.
    pub fn rejected(
        fix: impl Into<Option<Fix>>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::Rejected { reason: Reason::new(message).hint(hint).fix(fix) }
    }

    /// This setback with another reason.
    #[must_use]
    pub fn map_reason(self, tell: impl FnOnce(Reason) -> Reason) -> Self {
        match self {
            Self::Transient { reason } => Self::Transient { reason: tell(reason) },
            Self::PreconditionMissing { reason } => Self::PreconditionMissing { reason: tell(reason) },
            Self::RateLimited { until, reason } => Self::RateLimited { until, reason: tell(reason) },
            Self::ReconnectNeeded { reason } => Self::ReconnectNeeded { reason: tell(reason) },
            Self::Rejected { reason } => Self::Rejected { reason: tell(reason) },
        }
    }

    /// The reason of any setback.
    pub fn into_reason(self) -> Reason {
        match self {
            Self::Transient { reason }
            | Self::PreconditionMissing { reason }
            | Self::RateLimited { reason, .. }
            | Self::ReconnectNeeded { reason }
            | Self::Rejected { reason } => reason,
        }
    }
}

impl<S: Into<Setback>> From<S> for Outcome {
    fn from(setback: S) -> Self {
        Self::Failed(setback.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_has_to_change_is_stored_and_absent_where_it_is_not_known() {
        for fix in Fix::ALL {
            let stored = json!({ "message": "No.", "hint": "Yes.", "fix": fix.key() });
            let Setback::Rejected { reason } = Setback::rejected(fix, "No.", "Yes.") else {
                panic!("not rejected")
            };
            assert_eq!(serde_json::to_value(&reason).unwrap(), stored);
            assert_eq!(serde_json::from_value::<Reason>(stored).unwrap(), reason);
        }
        // As it was stored before there were fixes.
        let stored = json!({ "message": "No.", "hint": "Yes." });
        let reason: Reason = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(reason, Setback::rejected(None, "No.", "Yes.").into_reason());
        assert_eq!(serde_json::to_value(&reason).unwrap(), stored);
    }
}
