//! A trigger that fires for a fact fires for the whole of it, or for each line that counts.

use crate::fact::Fact;
use crate::id::ProductId;

/// What a trigger fires for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The fact as a whole: an order, a course.
    Whole,
    /// One line of it, by index.
    Line(usize),
}

impl Subject {
    /// The line, where it is one.
    pub fn line(self) -> Option<usize> {
        match self {
            Subject::Whole => None,
            Subject::Line(index) => Some(index),
        }
    }

    /// Whether the line at an index belongs to it.
    pub fn covers(self, index: usize) -> bool {
        self.line().is_none_or(|line| line == index)
    }

    /// The products that a product rule can name for it.
    pub fn products(self, fact: &Fact) -> Vec<&ProductId> {
        match self {
            Subject::Whole => fact.product_ids(),
            Subject::Line(index) => fact.item(index).map(|item| &item.product_id).into_iter().collect(),
        }
    }
}
