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

/// Compares a rule with the stored rule of its id. Labels of setting values are ignored, because merchants do not set
/// them.
pub fn change(before: Option<&Rule>, rule: &Rule) -> Change {
    let Some(before) = before else { return Change::Added };
    let parts = [
        ("name", before.name != rule.name),
        ("products", before.scope != rule.scope),
        ("trigger", before.trigger != rule.trigger),
        ("integration", before.integration != rule.integration || before.app != rule.app),
        ("action", before.action != rule.action),
        ("settings", before.settings != rule.settings),
        ("conditions", before.conditions != rule.conditions),
        ("use_gift_recipient", before.use_gift_recipient != rule.use_gift_recipient),
        ("enabled", before.enabled != rule.enabled),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(_, differs)| *differs).map(|(part, _)| part).collect();
    if parts.is_empty() { Change::Unchanged } else { Change::Changed(parts) }
}
