//! The trigger Course Student Added.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, no_filter, whole};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::CourseStudentAdded,
    fact: FactKind::CourseStudentAdded,
    description: "A student was given access to a course.",
    stored_by: None,
    filter: no_filter,
    fires: |_| whole(),
};
