//! Course Student Removed: a student lost a course.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, no_filter, whole};

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::CourseStudentRemoved,
    fact: FactKind::CourseStudentRemoved,
    stored_by: None,
    filter: no_filter,
    fires: |_| whole(),
};
