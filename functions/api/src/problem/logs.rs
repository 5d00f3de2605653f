//! The problems of logs, replays and erasures.

use operations::ListError;
use operations::actions::{CancelError, RetryError};
use operations::buyers::EraseError;
use operations::replays::{ReplayError, Why};

use super::Problem;

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        match &error {
            ListError::Cursor(invalid) => (*invalid).into(),
            ListError::Store(_) => Self::unavailable(&error),
        }
    }
}

impl From<ReplayError> for Problem {
    fn from(error: ReplayError) -> Self {
        match &error {
            ReplayError::Store(_) | ReplayError::Queue(_) => Self::unavailable(&error),
        }
    }
}

impl From<RetryError> for Problem {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::Unknown(job) => Self::not_found("action", job),
            RetryError::Gone(_, Why::Deleted) => {
                Self::conflict("The action cannot run again: its rule is deleted.")
            }
            RetryError::Gone(_, Why::Changed) => Self::conflict(
                "The action cannot run again: its rule no longer requests it. Replay the event with the current rules.",
            ),
            RetryError::Superseded(_, why) => Self::conflict(format!("The action is superseded. {why}")),
            RetryError::Test(_) => Self::conflict("The action is a test. Try the rule again."),
            RetryError::Replay(error) => error.into(),
        }
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        match &error {
            CancelError::Unknown(job) => Self::not_found("action", job),
            CancelError::NotStarted(_) => Self::conflict(
                "The action has not started. Cancel it when it waits for an attempt, or disable its rule.",
            ),
            CancelError::Running(_) => Self::conflict(
                "The action is running. It can be canceled if it waits for another attempt afterwards.",
            ),
            CancelError::Ended(_, status) => Self::conflict(format!("The action has ended: it is {status}.")),
            CancelError::Store(_) => Self::unavailable(&error),
        }
    }
}

impl From<EraseError> for Problem {
    fn from(error: EraseError) -> Self {
        match &error {
            EraseError::Store(_) | EraseError::Schedule(_) => Self::unavailable(&error),
        }
    }
}
