//! What a connector's call came to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why something did or did not happen, in a merchant's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What is the case: "The list no longer exists in Mailchimp."
    pub message: String,
    /// What the merchant can do about it, where there is something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What a later success has to say of this attempt: what was done already, or done without.
    #[serde(skip)]
    pub note: Option<Box<Carried>>,
}

/// A note that a later success repeats. It is rare, so a reason holds no more of it than where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried(pub String);

impl Reason {
    /// A reason that nobody can do anything about.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, note: None }
    }

    /// A reason with a note behind its message; the note alone where there is no reason.
    pub fn with_note(reason: Option<Self>, note: Option<String>) -> Option<Self> {
        match (reason, note) {
            (Some(Self { message, .. }), Some(note)) if message.contains(&note) => Some(Self::new(message)),
            (Some(Self { message, hint, .. }), Some(note)) => {
                Some(Self { hint, ..Self::new(format!("{message} {note}")) })
            }
            (reason, note) => reason.or(note.map(Self::new)),
        }
    }

    /// The same with something that a later success has to say.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(Box::new(Carried(note.into()))), ..self }
    }

    /// The same with a way out.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// What a connector's call came to; every consumer matches on all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The app did it.
    Done {
        /// What is worth knowing beyond that.
        note: Option<String>,
    },
    /// The app says that it is so already. A success.
    AlreadySo {
        /// What is worth knowing beyond that.
        note: Option<String>,
    },
    /// It did not come about.
    Failed(Setback),
}

impl Outcome {
    /// Done, with nothing to add.
    pub const DONE: Outcome = Outcome::Done { note: None };

    /// Done already, and what the app said of it.
    pub fn already(note: impl Into<String>) -> Self {
        Outcome::AlreadySo { note: Some(note.into()) }
    }
}

/// Why something did not come about, by what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setback {
    /// A passing fault of the app's: try again on the schedule.
    Transient {
        /// What went wrong.
        reason: Reason,
    },
    /// The app is well, but what the action needs is not there yet: try again on the schedule.
    PreconditionMissing {
        /// What is missing.
        reason: Reason,
    },
    /// The app named a time before which it takes nothing. Costs no attempt.
    RateLimited {
        /// Not before this.
        until: Timestamp,
        /// What the app said.
        reason: Reason,
    },
    /// The app refuses the credentials: nothing more until the merchant reconnects.
    ReconnectNeeded {
        /// What the app said.
        reason: Reason,
    },
    /// The app will never take it as it is.
    Rejected {
        /// What the merchant must change.
        reason: Reason,
    },
}

impl Setback {
    /// Try again on the schedule: the app failed in passing.
    pub fn transient(message: impl Into<String>) -> Self {
        Self::Transient { reason: Reason::new(message) }
    }

    /// Try again on the schedule: something is not there yet.
    pub fn precondition_missing(message: impl Into<String>) -> Self {
        Self::PreconditionMissing { reason: Reason::new(message) }
    }

    /// Not before `until`.
    pub fn rate_limited(until: Timestamp, message: impl Into<String>) -> Self {
        Self::RateLimited { until, reason: Reason::new(message) }
    }

    /// Nothing more until the merchant reconnects, and how they do.
    pub fn reconnect(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::ReconnectNeeded { reason: Reason::new(message).hint(hint) }
    }

    /// Never as it is, and what the merchant can change.
    pub fn rejected(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Rejected { reason: Reason::new(message).hint(hint) }
    }

    /// The same for a reason that is told in another way.
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

    /// Why, whatever follows.
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
