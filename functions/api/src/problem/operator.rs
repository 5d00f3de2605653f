//! The problems of portal sessions, redrives and operations for all merchants.

use operations::fleet::FleetError;
use operations::redrive::RedriveError;
use operations::sessions::{MOST_OPEN, OpenError};

use super::Problem;

impl From<OpenError> for Problem {
    fn from(error: OpenError) -> Self {
        match &error {
            OpenError::Full => Self::conflict(format!(
                "The marketplace has {MOST_OPEN} open portal sessions, the maximum. Revoke some, or wait until they expire."
            )),
            OpenError::Store(_) => Self::unavailable(&error),
        }
    }
}

impl From<FleetError> for Problem {
    fn from(error: FleetError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<RedriveError> for Problem {
    fn from(error: RedriveError) -> Self {
        Self::unavailable(&error)
    }
}
