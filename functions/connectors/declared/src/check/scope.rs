//! A place of a definition, and the names that exist there.

use std::collections::BTreeSet;

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

/// The names at a place.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'d> {
    pub(super) place: Place,
    pub(super) action: Option<&'d Action>,
    pub(super) names: BTreeSet<String>,
    /// The cases that steps around this place handle.
    pub(super) handles: bool,
    /// Whether `answer` is there.
    pub(super) answer: bool,
}

impl<'d> Scope<'d> {
    pub(crate) fn new(place: Place, action: Option<&'d Action>) -> Self {
        Self { place, action, names: BTreeSet::new(), handles: false, answer: false }
    }

    /// The scope with one more name.
    pub(super) fn with(&self, name: &str) -> Self {
        let mut scope = self.clone();
        match name {
            "answer" => scope.answer = true,
            name => drop(scope.names.insert(name.to_owned())),
        }
        scope
    }
}
