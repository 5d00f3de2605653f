//! The changes that saving a rule makes.

use std::fmt;

use domain::rule::Rule;

/// The changes that saving a rule makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// No rule has the id yet.
    Added,
    /// A rule has the id, and these parts of it differ.
    Changed(Vec<&'static str>),
    /// The stored rule is the same.
    Unchanged,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Added => f.write_str("added"),
            Change::Changed(parts) => write!(f, "changed ({})", parts.join(", ")),
            Change::Unchanged => f.write_str("unchanged"),
        }
    }
}

/// Compares a rule with the stored rule of its id.
pub fn change(before: Option<&Rule>, rule: &Rule) -> Change {
    let Some(before) = before else { return Change::Added };
    let parts = rule.differing_parts(before);
    if parts.is_empty() { Change::Unchanged } else { Change::Changed(parts) }
}
