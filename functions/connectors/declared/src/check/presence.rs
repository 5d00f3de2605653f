//! The names of a `find`, which have no value if it finds nothing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Checker;
use super::scope::{Captured, Scope};
use crate::definition::{Condition, Test, Tree};
use crate::template::{Filter, Path, Template};

impl Checker<'_> {
    /// Checks that a template has no value that a `find` may not have found.
    pub(super) fn is_found(&mut self, place: &str, template: &Template, scope: &Scope<'_>) {
        for path in needed(template) {
            if let Some(Captured::IfFound(find)) = scope.names.get(&path.root) {
                let name = &path.root;
                self.problem(
                    place,
                    format!(
                        "`{path}` has no value if `{find}` finds nothing: let its `missing` end the action or name `{name}` with \
                         `let`, or use it only when {{ value: \"{{{name}}}\", present: true }}, or with `default`"
                    ),
                );
            }
        }
    }

    /// The names that have a value if a condition holds, or if it does not.
    pub(super) fn proven(&self, condition: &Condition, holds: bool) -> BTreeSet<String> {
        match (condition, holds) {
            (Condition::All(list), true) | (Condition::Any(list), false) => {
                list.iter().flat_map(|one| self.proven(one, holds)).collect()
            }
            (Condition::All(list), false) | (Condition::Any(list), true) => {
                let each = list.iter().map(|one| self.proven(one, holds));
                each.reduce(|some, others| &some & &others).unwrap_or_default()
            }
            (Condition::Not(one), _) => self.proven(one, !holds),
            (Condition::Holds(name), _) => {
                let named = self.calls.conditions.get(name).filter(|one| !self.recurs(name, one, 0));
                named.map(|one| self.proven(one, holds)).unwrap_or_default()
            }
            (Condition::Test(value, test), _) if passes_absent(test) == Some(!holds) => {
                needed(value).map(|path| path.root.clone()).collect()
            }
            (Condition::Some(_) | Condition::Every(_) | Condition::Test(..), _) => BTreeSet::new(),
        }
    }
}

/// The paths without whose value the template has none.
pub(super) fn needed(template: &Template) -> impl Iterator<Item = &Path> {
    let has_default = |filter: &Filter| matches!(filter, Filter::DefaultText(_) | Filter::DefaultPath(_));
    let needed = template.expressions().filter(move |one| !one.filters.iter().any(has_default));
    needed.map(|expression| &expression.path)
}

/// Whether an absent value passes a test. `None`: it depends on another value.
fn passes_absent(test: &Test) -> Option<bool> {
    let is_absent = |tree: &Tree| match tree {
        Tree::Constant(value) => Some(*value == Value::Null),
        Tree::Template(template) => template.literal().map(|_| false),
        Tree::List(_) | Tree::Fields(_) | Tree::When(..) => None,
    };
    match test {
        Test::Present(wanted) | Test::Integer(wanted) => Some(!wanted),
        Test::Is(tree) => is_absent(tree),
        Test::IsNot(tree) => is_absent(tree).map(|is_absent| !is_absent),
        Test::In(list) => list.iter().all(|tree| is_absent(tree) == Some(false)).then_some(false),
        Test::Contains(_) | Test::Below(_) | Test::Above(_) | Test::Before(_) | Test::After(_) => Some(false),
    }
}
