//! A place of a definition, and the names that exist there.

use std::collections::{BTreeMap, BTreeSet};

use domain::manifest::Action;

/// Where a template is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a step of an action.
    Action,
    /// In a request for an account: the connection test, an option list.
    Account,
    /// In the steps after a login.
    Granted,
    /// In `auth`.
    Auth,
    /// In the app's table of answers, which serves actions and the connection test.
    Answer,
}

/// Whether a captured name has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Captured {
    /// On every way to its place, or its absence is stated: by `?` or by `let`.
    Always,
    /// Unless the `find` at this place found nothing.
    IfFound(String),
}

/// The names at a place.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'d> {
    pub(super) place: Place,
    pub(super) action: Option<&'d Action>,
    pub(super) names: BTreeMap<String, Captured>,
    /// The cases that steps around this place handle.
    pub(super) handles: bool,
    /// Whether `answer` is there.
    pub(super) answer: bool,
}

impl<'d> Scope<'d> {
    pub(crate) fn new(place: Place, action: Option<&'d Action>) -> Self {
        Self { place, action, names: BTreeMap::new(), handles: false, answer: false }
    }

    /// The scope with one more name.
    pub(super) fn with(&self, name: &str) -> Self {
        let mut scope = self.clone();
        match name {
            "answer" => scope.answer = true,
            name => scope.set(name, Captured::Always),
        }
        scope
    }

    /// Captures a name.
    pub(super) fn set(&mut self, name: &str, captured: Captured) {
        self.names.insert(name.to_owned(), captured);
    }

    /// These names have a value, so the `find` that names one of them found an entry, and with it the values of all its names.
    pub(super) fn found(&mut self, proven: &BTreeSet<String>) {
        for name in proven {
            if let Some(find @ Captured::IfFound(_)) = self.names.get(name).cloned() {
                self.names.values_mut().filter(|one| **one == find).for_each(|one| *one = Captured::Always);
            }
        }
    }

    /// The names that another way has too.
    pub(super) fn meet(mut self, other: &Self) -> Self {
        self.names.retain(|name, captured| {
            if let Some(find @ Captured::IfFound(_)) = other.names.get(name) {
                *captured = find.clone();
            }
            other.names.contains_key(name)
        });
        self
    }
}
