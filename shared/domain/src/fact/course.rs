//! What students do in courses.

use serde::{Deserialize, Serialize};

use super::text::{Id, Name};
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
    /// What it is called.
    pub name: Name,
    /// The product that gives access to it, which rules of product scope name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
}
