//! The subjects of a firing: a trigger fires for the fact as a whole, or for each line that counts.

use crate::fact::Fact;
use crate::id::ProductId;

/// The subject that a trigger fires for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The fact as a whole: an order, a course.
    Whole,
    /// One line, by index.
    Line(usize),
}

impl Subject {
    /// The index of the line, or `None` for the whole fact.
    pub fn line(self) -> Option<usize> {
        match self {
            Subject::Whole => None,
            Subject::Line(index) => Some(index),
        }
    }

    /// Whether the subject includes the line at an index.
    pub fn covers(self, index: usize) -> bool {
        self.line().is_none_or(|line| line == index)
    }

    /// The products that a product rule can name for this subject.
    pub fn products(self, fact: &Fact) -> Vec<&ProductId> {
        match self {
            Subject::Whole => fact.product_ids(),
            Subject::Line(index) => fact.item(index).map(|item| &item.product_id).into_iter().collect(),
        }
    }
}
