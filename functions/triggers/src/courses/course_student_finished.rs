//! The trigger Course Student Finished.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, no_filter, whole};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::CourseStudentFinished,
    fact: FactKind::CourseStudentFinished,
    description: "A student finished the last lesson of a course.",
    stored_by: None,
    filter: no_filter,
    fires: |_| whole(),
};
