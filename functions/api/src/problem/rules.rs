//! The problems of rules.

use domain::lint::Severity;
use operations::rules::RuleError;

use super::{FieldError, Problem};

impl From<RuleError> for Problem {
    fn from(error: RuleError) -> Self {
        match error {
            RuleError::Unknown => Self::missing("rule"),
            RuleError::Changed => Self::precondition_failed(),
            RuleError::Full(full) => Self::conflict(format!("Nothing was saved: {full}.")),
            RuleError::Invalid(findings) => {
                let errors = findings.into_iter().filter(|found| found.severity == Severity::Error);
                let errors = errors.map(|found| FieldError { field: found.field, message: found.message });
                Self::invalid_fields(errors.collect())
            }
            RuleError::Store(error) => Self::unavailable(&error),
        }
    }
}
