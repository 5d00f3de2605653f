//! Triggers of courses.

pub mod course_student_added;
pub mod course_student_finished;
pub mod course_student_removed;
pub mod course_student_started;
