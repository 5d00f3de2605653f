//! Course Student Added: a student was given a course.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, no_filter, whole};

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::CourseStudentAdded,
    fact: FactKind::CourseStudentAdded,
    stored_by: None,
    filter: no_filter,
    fires: |_| whole(),
};
