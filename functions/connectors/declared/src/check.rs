//! The checks of a definition when it is loaded: every name exists where it is used, every path of an action ends with
//! an outcome, and a credential is nowhere but in `auth`.

pub(crate) mod names;
mod patterns;
mod presence;
mod scope;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use domain::manifest::{Action, Catalog, Manifest};

use self::scope::{Place, Scope};
use crate::definition::{Auth, Calls, Condition, Kind, List, Paging, Parameter, Problem, Request, Row, Tree};
use crate::template::{Path, Template, Text};

/// The most steps of an action, with those of the blocks that it uses.
const MOST_STEPS: usize = 120;
/// The most nested blocks.
const DEEPEST: usize = 4;

/// The names of the engine's own values.
pub(crate) const ROOTS: [&str; 15] = [
    "account",
    "answer",
    "attempt",
    "charge",
    "contact",
    "credential",
    "fact",
    "job",
    "line",
    "now",
    "order",
    "setting",
    "subscription",
    "token",
    "typed",
];

/// All problems of a definition.
pub(crate) fn problems(manifest: &Manifest, calls: &Calls) -> Vec<Problem> {
    let mut checker = Checker { manifest, calls, problems: Vec::new(), steps: 0 };
    checker.manifest();
    checker.keys();
    checker.app();
    for (key, steps) in &calls.actions {
        let action = manifest.action(key);
        checker.steps = 0;
        let mut scope = Scope::new(Place::Action, action);
        let place = format!("call.actions.{key}");
        if !checker.sequence(&place, steps, &mut scope, 0) {
            checker.problem(&place, "ends without an outcome: end every way with `done`, `already` or `end`");
        }
    }
    for key in &calls.states {
        checker.state(key);
    }
    for (key, list) in &calls.lists {
        checker.list(&format!("call.lists.{key}"), list);
    }
    checker.problems
}

pub(crate) struct Checker<'d> {
    manifest: &'d Manifest,
    calls: &'d Calls,
    problems: Vec<Problem>,
    steps: usize,
}

impl Checker<'_> {
    fn problem(&mut self, place: &str, message: impl Into<String>) {
        let problem = Problem::new(place, message);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// The manifest holds together.
    fn manifest(&mut self) {
        let manifest = self.manifest;
        let key = manifest.app.key();
        if !Catalog::is_key(key) {
            self.problem(
                "app",
                format!("`{key}` is not 2 to 24 lower-case letters and digits, a letter first"),
            );
        }
        if !(1..=2).contains(&manifest.mark.initials.chars().count()) {
            let initials = &manifest.mark.initials;
            self.problem("mark.initials", format!("`{initials}` is not one or two letters"));
        }
        for (index, method) in manifest.methods.iter().enumerate() {
            for credential in &method.credentials {
                for (name, pattern) in [("pattern", &credential.pattern), ("public", &credential.public)] {
                    if let Some(problem) = pattern.as_deref().and_then(patterns::problem) {
                        let place = format!("methods[{index}].credentials.{}.{name}", credential.key);
                        self.problem(&place, problem);
                    }
                }
            }
        }
        for action in &manifest.actions {
            let place = format!("actions.{}", action.key);
            self.opposite(&place, action);
            for key in action.requires.iter().filter(|key| manifest.action(key).is_none()) {
                self.problem(&place, format!("requires `{key}`, which is no action"));
            }
            for setting in &action.settings {
                let known = |key: &String| manifest.option_lists.iter().any(|list| list.key == *key);
                if let Some(list) = setting.options.as_ref().filter(|key| !known(key)) {
                    self.problem(
                        &place,
                        format!("`{}` chooses from the list `{list}`, which does not exist", setting.key),
                    );
                }
            }
        }
    }

    fn opposite(&mut self, place: &str, action: &Action) {
        use domain::manifest::EffectKind;
        if let EffectKind::State { target, .. } = &action.effect {
            for key in target {
                if !action.settings.iter().any(|setting| setting.key == *key) {
                    self.problem(place, format!("has the target `{key}`, which is no setting of it"));
                }
            }
            for setting in
                action.settings.iter().filter(|setting| setting.many && !target.contains(&setting.key))
            {
                self.problem(place, format!("`{}` is a list, so it must be part of the target", setting.key));
            }
        }
        let Some(key) = &action.opposite else { return };
        let Some(other) = self.manifest.action(key) else {
            return self.problem(place, format!("has the opposite `{key}`, which does not exist"));
        };
        let undone = match (&action.effect, &other.effect) {
            (
                EffectKind::State { desired, target },
                EffectKind::State { desired: other_desired, target: other_target },
            ) => desired != other_desired && target == other_target,
            _ => false,
        };
        if !undone || other.opposite.as_ref() != Some(&action.key) {
            self.problem(
                place,
                format!("and `{key}` are not opposites: both must name each other, with the same target, one `on` and one `off`"),
            );
        }
    }

    /// Each action, list and method of the manifest has its calls, and no other has.
    fn keys(&mut self) {
        let (manifest, calls) = (self.manifest, self.calls);
        let actions = manifest.actions.iter().map(|action| action.key.as_str()).collect();
        self.same("call.actions", &actions, &calls.actions);
        let lists = manifest.option_lists.iter().map(|list| list.key.as_str()).collect();
        self.same("call.lists", &lists, &calls.lists);
        let methods = manifest.methods.iter().map(|method| method.key.as_str()).collect();
        self.same("call.auth", &methods, &calls.auth);
    }

    /// An action that is asked for its state.
    fn state(&mut self, key: &str) {
        use domain::manifest::EffectKind;
        let (manifest, calls) = (self.manifest, self.calls);
        let action = manifest.action(key);
        if !action.is_some_and(|action| matches!(action.effect, EffectKind::State { .. })) {
            self.problem("call.states", format!("`{key}` is no action that sets a state"));
        }
        let opposite = action.and_then(|action| action.opposite.as_ref());
        if opposite.is_some_and(|other| calls.states.contains(other)) {
            self.problem(
                "call.states",
                format!("has `{key}` and its opposite: one of them answers for both"),
            );
        }
    }

    fn same<T>(&mut self, place: &str, wanted: &BTreeSet<&str>, found: &BTreeMap<String, T>) {
        for key in wanted {
            if !found.contains_key(*key) {
                self.problem(place, format!("`{key}` is missing"));
            }
        }
        for key in found.keys().filter(|key| !wanted.contains(key.as_str())) {
            self.problem(&format!("{place}.{key}"), format!("`{key}` does not exist in the manifest"));
        }
    }

    /// The parts that all calls share.
    fn app(&mut self) {
        let calls = self.calls;
        let account = Scope::new(Place::Account, None);
        self.origin();
        for (index, segment) in calls.path.iter().enumerate() {
            self.template(&format!("call.path[{index}]"), segment, &account);
        }
        for (name, value) in calls.headers.iter() {
            self.header(&format!("call.headers.{name}"), name, value, &account);
        }
        for (method, auth) in &calls.auth {
            self.auth(method, auth);
        }
        self.rows("call.answers", &calls.answers, &Scope::new(Place::Answer, None));
        if let Some(texts) = &calls.unusable {
            let scope = Scope::new(Place::Account, None).with("name").with("value");
            self.template("call.unusable.reason", &texts.reason, &scope);
            self.template("call.unusable.hint", &texts.hint, &scope);
        }
        for (name, condition) in &calls.conditions {
            let place = format!("call.conditions.{name}");
            if self.recurs(name, condition, 0) {
                self.problem(&place, "uses itself");
            }
        }
        let mut identify = Scope::new(Place::Account, None);
        if self.sequence("call.identify.steps", &calls.identify.steps, &mut identify, 0) {
            self.problem(
                "call.identify.steps",
                "always ends the test: only `end` within an `if` or `on` may",
            );
        }
        if let Some(account) = &calls.identify.account {
            self.text("call.identify.account", account, &identify);
        }
        if let Some(granted) = &calls.granted {
            let mut scope = Scope::new(Place::Granted, None);
            self.sequence("call.granted.steps", &granted.steps, &mut scope, 0);
            for (name, value) in granted.values.iter() {
                self.text(&format!("call.granted.values.{name}"), value, &scope);
            }
        }
        let unused: Vec<&String> = calls.blocks.keys().filter(|name| !self.used(name)).collect();
        for name in unused {
            self.problem(&format!("call.blocks.{name}"), "is not used: remove it, or `use` it in a step");
        }
    }

    fn used(&self, name: &str) -> bool {
        let calls = self.calls;
        let within = |steps: &Vec<_>| steps::uses(steps, name);
        let granted = calls.granted.as_ref().map(|granted| &granted.steps);
        let all = calls.actions.values().chain(calls.blocks.values()).chain(granted);
        all.chain([&calls.identify.steps]).any(within)
    }

    fn origin(&mut self) {
        let origin = &self.calls.origin;
        let account = Scope::new(Place::Account, None);
        self.template("call.origin", origin, &account);
        if let Some(fixed) = origin.literal() {
            let url = url::Url::parse(fixed).ok();
            let is_origin = url.is_some_and(|url| {
                url.scheme() == "https"
                    && url.path() == "/"
                    && url.query().is_none()
                    && url.username().is_empty()
            });
            if !is_origin {
                self.problem("call.origin", "is not an https origin, such as https://api.example.com");
            }
            return;
        }
        let patterns: BTreeMap<&str, bool> = self
            .manifest
            .methods
            .iter()
            .flat_map(|method| &method.credentials)
            .map(|credential| (credential.key.as_str(), credential.pattern.is_some()))
            .collect();
        for expression in origin.expressions() {
            let key = expression.path.rest.first().map(String::as_str).unwrap_or_default();
            if patterns.get(key) == Some(&false) {
                self.problem("call.origin", format!("`{key}` needs a `pattern` that its value must match"));
            }
        }
    }

    fn auth(&mut self, method: &str, auth: &Auth) {
        let place = format!("call.auth.{method}");
        let scope = Scope::new(Place::Auth, None);
        let known = self.manifest.method(method);
        let keys: Vec<&str> = known
            .into_iter()
            .flat_map(|method| &method.credentials)
            .map(|credential| credential.key.as_str())
            .chain(known.and_then(|method| method.oauth.as_ref()).map(|_| "access_token"))
            .collect();
        let basic = auth
            .basic
            .iter()
            .flat_map(|basic| [("username", &basic.username), ("password", &basic.password)]);
        let templates: Vec<(&str, &Template)> = auth
            .bearer
            .iter()
            .map(|bearer| ("bearer", bearer))
            .chain(basic)
            .chain(auth.headers.iter())
            .chain(auth.query.iter())
            .chain(auth.body.iter())
            .collect();
        if templates.is_empty() && known.is_some_and(|method| method.credentials.iter().any(|one| one.secret))
        {
            self.problem(&place, "uses no credential");
        }
        for (name, template) in templates {
            let place = format!("{place}.{name}");
            self.template(&place, template, &scope);
            for Path { root, rest } in template.expressions().map(|expression| &expression.path) {
                let key = rest.first().map(String::as_str).unwrap_or_default();
                if root == "credential" && !keys.contains(&key) {
                    let keys = keys.join(", ");
                    self.problem(
                        &place,
                        format!("`{key}` is no credential of this method; they are: {keys}"),
                    );
                }
            }
        }
    }

    fn list(&mut self, place: &str, list: &List) {
        let account = Scope::new(Place::Account, None);
        let entry = account.with("item");
        self.asked(&format!("{place}.request"), &list.request, &account);
        self.paging(&format!("{place}.paging"), &list.paging, Some(&list.request), &account);
        if let Some(condition) = &list.filter {
            self.condition(&format!("{place}.where"), condition, &entry);
        }
        self.template(&format!("{place}.id"), &list.id, &entry);
        self.text(&format!("{place}.label"), &list.label, &entry);
        if let Some(parent) = &list.parent {
            self.template(&format!("{place}.parent"), parent, &entry);
        }
    }

    fn paging(&mut self, place: &str, paging: &Paging, request: Option<&Request>, scope: &Scope<'_>) {
        let has_body = request.is_some_and(|request| matches!(request.json, Some(Tree::Fields(_))));
        if paging.parameters().any(|one| matches!(one, Parameter::Body(_))) && !has_body {
            self.problem(place, "names a field of the body, so the request needs an object in `json`");
        }
        let (size, more) = match paging {
            Paging::None => return,
            Paging::Page(page) => (Some(page.size), &page.more),
            Paging::Offset(offset) => (Some(offset.size), &offset.more),
            Paging::Cursor(cursor) => (cursor.size, &cursor.more),
            Paging::Link(link) => (link.size, &None),
        };
        if size == Some(0) {
            self.problem(place, "a page has at least one entry");
        }
        if let Some(condition) = more {
            self.condition(&format!("{place}.more"), condition, &scope.with("answer"));
        }
    }

    fn rows(&mut self, place: &str, rows: &[Row], scope: &Scope<'_>) {
        for (index, row) in rows.iter().enumerate() {
            let place = format!("{place}[{index}]");
            for (name, text) in [("reason", &row.reason), ("hint", &row.hint)] {
                if let Some(text) = text {
                    self.text(&format!("{place}.{name}"), text, scope);
                }
            }
            if row.method.as_ref().is_some_and(|key| self.manifest.method(key).is_none()) {
                self.problem(&place, "has a `method` that the manifest does not have");
            }
            if row.at.is_none() && (row.is.is_some() || !row.within.is_empty()) {
                self.problem(&place, "`is` and `in` need `at`, the place of the value");
            }
            if row.case.is_none() && row.then.is_none() {
                self.problem(&place, "says nothing: it needs `then`, or a `case` that a step handles");
            }
            self.ending(&place, row.then, row.reason.as_ref(), row.what.as_deref(), row.case.is_some());
            self.fixed(&place, row.then.unwrap_or(Kind::Rejected), row.fix);
        }
    }

    fn recurs(&self, name: &str, condition: &Condition, depth: usize) -> bool {
        let within = |one: &Condition| self.recurs(name, one, depth);
        match condition {
            Condition::All(list) | Condition::Any(list) => list.iter().any(within),
            Condition::Not(one) => within(one),
            Condition::Some(list) | Condition::Every(list) => within(&list.filter),
            Condition::Test(..) => false,
            Condition::Holds(other) => {
                let next = self.calls.conditions.get(other);
                other == name
                    || depth == DEEPEST
                    || next.is_some_and(|next| self.recurs(name, next, depth + 1))
            }
        }
    }

    fn text(&mut self, place: &str, text: &Text, scope: &Scope<'_>) {
        if text.0.is_empty() {
            self.problem(place, "is an empty list");
        }
        for (index, template) in text.0.iter().enumerate() {
            let place = if text.0.len() == 1 { place.to_owned() } else { format!("{place}[{index}]") };
            // The last must be there; of another, a value may be absent.
            if index + 1 == text.0.len() {
                self.template(&place, template, scope);
            } else {
                self.exists(&place, template, scope);
            }
        }
    }

    fn template(&mut self, place: &str, template: &Template, scope: &Scope<'_>) {
        self.exists(place, template, scope);
        self.is_found(place, template, scope);
    }

    /// Checks that every name exists, also if it may have no value.
    fn exists(&mut self, place: &str, template: &Template, scope: &Scope<'_>) {
        for expression in template.expressions() {
            let paths =
                [&expression.path].into_iter().chain(expression.filters.iter().filter_map(|one| one.path()));
            for path in paths {
                self.path(place, path, scope);
            }
        }
    }

    fn header(&mut self, place: &str, name: &str, value: &Template, scope: &Scope<'_>) {
        if connector::http::header::HeaderName::from_bytes(name.as_bytes()).is_err() {
            self.problem(place, "is not the name of a header");
        }
        if value.literal().is_some_and(|text| text.chars().any(char::is_control)) {
            self.problem(place, "has a line break");
        }
        if matches!(
            name.to_ascii_lowercase().as_str(),
            "host" | "content-length" | "transfer-encoding" | "connection"
        ) {
            self.problem(place, "is set by the engine");
        }
        self.template(place, value, scope);
    }
}
