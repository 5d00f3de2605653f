//! An index whose items are due at a time.

use jiff::Timestamp;

use super::value::Item;

/// An index whose items are work for a function at a time.
#[derive(Debug, Clone, Copy)]
pub struct DueIndex {
    /// The table.
    pub table: &'static str,
    /// The index.
    pub index: &'static str,
    /// Whether an item is due.
    pub is_due: fn(&Item, Timestamp) -> bool,
}
