//! Facts about students in courses.

use serde::{Deserialize, Serialize};

use super::text::{Id, Label};
use crate::blank;
use crate::id::ProductId;

/// A student (the fact's customer) and a course.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CourseFact {
    /// The course.
    pub course: Course,
}

/// A course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// The platform's id of the course.
    pub course_id: Id,
    /// Its name; [`Course::name`] returns the default if this is blank.
    name: Label,
    /// The product that gives access to it, which product rules can name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
}

impl Course {
    /// Its name, or its id if the name is blank.
    pub fn name(&self) -> &str {
        if blank::is_blank(&self.name) { &self.course_id } else { &self.name }
    }
}
