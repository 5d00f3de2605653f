//! What goes wrong with the logs, replays and erasures.

use operations::erase::EraseError;
use operations::logs::ListError;
use operations::replay::ReplayError;
use operations::retry::RetryError;

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
            RetryError::Unknown(_) => Self::not_found("action"),
            RetryError::Gone(_) => Self::conflict(
                "The action cannot be made again: its rule is deleted, or names another target or other products.",
            ),
            RetryError::Replay(error) => error.into(),
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
