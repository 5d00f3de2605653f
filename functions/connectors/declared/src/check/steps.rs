//! The ways through the steps of an action.

use std::collections::BTreeMap;

use domain::outcome::Fix;

use super::presence::needed;
use super::scope::{Captured, Place, Scope};
use super::{Checker, DEEPEST, MOST_STEPS};
use crate::definition::{
    Choice, Collect, Condition, Each, End, Find, Kind, Ordered, Paging, Pointer, Request, Step, Test, Tree,
    all,
};
use crate::template::{Template, Text};

/// Whether steps use a block.
pub(super) fn uses(steps: &[Step], block: &str) -> bool {
    all("", steps).iter().any(|(_, step)| matches!(step, Step::Use(name) if name == block))
}

/// The names after several ways that meet again: those that every way has. A way that has ended does not count.
struct Ways<'d> {
    before: Scope<'d>,
    open: Option<Scope<'d>>,
}

impl<'d> Ways<'d> {
    fn of(before: &Scope<'d>) -> Self {
        Self { before: before.clone(), open: None }
    }

    fn add(&mut self, ended: bool, scope: Scope<'d>) {
        if ended {
            return;
        }
        self.open = Some(match &self.open {
            Some(open) => scope.meet(open),
            None => scope,
        });
    }

    /// Whether all ways have ended.
    fn meet(self, scope: &mut Scope<'d>) -> bool {
        let ended = self.open.is_none();
        let names = self.open.map_or(self.before.names, |open| open.names);
        scope.names = names;
        ended
    }
}

impl<'d> Checker<'d> {
    /// Checks steps. Returns whether every way through them ends.
    pub(super) fn sequence(
        &mut self,
        place: &str,
        steps: &'d [Step],
        scope: &mut Scope<'d>,
        depth: usize,
    ) -> bool {
        let mut ended = false;
        for (index, step) in steps.iter().enumerate() {
            let place = format!("{place}[{index}]");
            if ended {
                self.problem(&place, "is never reached: the step before it ends the action");
                return true;
            }
            self.steps += 1;
            if self.steps == MOST_STEPS {
                self.problem(
                    &place,
                    format!("an action has at most {MOST_STEPS} steps, with those of its blocks"),
                );
            }
            if self.steps >= MOST_STEPS {
                return true;
            }
            ended = self.step(&place, step, scope, depth);
        }
        ended
    }

    fn step(&mut self, place: &str, step: &'d Step, scope: &mut Scope<'d>, depth: usize) -> bool {
        match step {
            Step::Request(request) => self.request(&format!("{place}.request"), request, scope, depth),
            Step::Find(find) => self.find(&format!("{place}.find"), find, scope, depth),
            Step::Collect(collect) => self.collect(&format!("{place}.collect"), collect, scope, depth),
            Step::If(choice) => self.choice(&format!("{place}.if"), choice, scope, depth),
            Step::Each(each) => self.each(&format!("{place}.each"), each, scope, depth),
            Step::Let(values) => {
                let place = format!("{place}.let");
                for (name, tree) in values.iter() {
                    self.name(&place, name);
                    let captured = self.assigned(&format!("{place}.{name}"), tree, scope);
                    scope.set(name, captured);
                }
                false
            }
            Step::Use(name) => {
                let Some(steps) = self.calls.blocks.get(name) else {
                    self.problem(place, format!("`blocks` has no `{name}`"));
                    return false;
                };
                if depth == DEEPEST {
                    self.problem(
                        place,
                        format!("`use: {name}` is nested more than {DEEPEST} blocks deep, or a block uses itself: repeat the steps instead"),
                    );
                    return false;
                }
                self.sequence(&format!("call.blocks.{name}"), steps, scope, depth + 1)
            }
            Step::Note(text) => {
                self.text(&format!("{place}.note"), text, scope);
                false
            }
            Step::Done(text) | Step::Already(text) => {
                self.outcome(place, text.as_ref(), scope);
                true
            }
            Step::End(end) => {
                self.end(&format!("{place}.end"), end, scope);
                true
            }
        }
    }

    fn outcome(&mut self, place: &str, text: Option<&Text>, scope: &Scope<'_>) {
        if scope.place != Place::Action {
            self.problem(place, "only an action has this outcome");
        }
        if let Some(text) = text {
            self.text(place, text, scope);
        }
    }

    fn end(&mut self, place: &str, end: &End, scope: &Scope<'_>) {
        for (name, text) in [("reason", &end.reason), ("hint", &end.hint)] {
            if let Some(text) = text {
                self.text(&format!("{place}.{name}"), text, scope);
            }
        }
        if end.then == Kind::AsAnswered && !scope.handles {
            self.problem(place, "`as_answered` needs an answer: it can only be in steps of `on`");
        }
        if end.then == Kind::Success {
            self.problem(place, "`success` is the outcome of an answer");
        }
        if matches!(end.then, Kind::Done | Kind::Already) && scope.place != Place::Action {
            self.problem(place, "only an action has this outcome");
        }
        self.ending(place, Some(end.then), end.reason.as_ref(), end.what.as_deref(), false);
        self.fixed(place, end.then, end.fix);
    }

    /// Checks that an outcome has the texts that it needs.
    pub(super) fn ending(
        &mut self,
        place: &str,
        then: Option<Kind>,
        reason: Option<&Text>,
        what: Option<&str>,
        has_case: bool,
    ) {
        match then {
            Some(Kind::Gone) if what.is_none() => {
                self.problem(place, "`gone` needs `what`: what the rule names, such as tag");
            }
            Some(Kind::Reconnect | Kind::Precondition) if reason.is_none() => {
                self.problem(place, "needs a `reason` for the merchant");
            }
            Some(Kind::AsAnswered) if has_case => {
                self.problem(place, "`as_answered` is for steps of `on`");
            }
            _ => {}
        }
    }

    /// Checks that only a rejection says what has to change.
    pub(super) fn fixed(&mut self, place: &str, then: Kind, fix: Option<Fix>) {
        if fix.is_some() && then != Kind::Rejected {
            self.problem(
                place,
                "`fix` is for `rejected`: every other outcome says by itself what has to change",
            );
        }
    }

    fn request(&mut self, place: &str, request: &'d Request, scope: &mut Scope<'d>, depth: usize) -> bool {
        self.asked(place, request, scope);
        let mut ways = Ways::of(scope);
        self.handlers(place, &request.on, request, scope, depth, &mut ways);
        self.captured(place, &request.capture, scope);
        let ended = self.sequence(&format!("{place}.then"), &request.then, scope, depth);
        ways.add(ended, scope.clone());
        ways.meet(scope)
    }

    /// Checks what is sent, and the meaning of its answers.
    pub(super) fn asked(&mut self, place: &str, request: &Request, scope: &Scope<'_>) {
        for (index, segment) in request.path.iter().enumerate() {
            self.template(&format!("{place}.path[{index}]"), segment, scope);
        }
        let form = request.form.iter().flat_map(Ordered::iter).map(|field| ("form", field));
        for (part, (name, tree)) in request.query.iter().map(|field| ("query", field)).chain(form) {
            self.tree(&format!("{place}.{part}.{name}"), tree, scope);
        }
        for (name, value) in request.headers.iter() {
            self.header(&format!("{place}.headers.{name}"), name, value, scope);
        }
        if let Some(body) = &request.json {
            self.tree(&format!("{place}.json"), body, scope);
        }
        if request.json.is_some() && request.form.is_some() {
            self.problem(place, "has two bodies: `json` and `form`");
        }
        for (field, path) in request.optional.iter() {
            self.path(&format!("{place}.optional.{field}"), path, scope);
        }
        self.rows(&format!("{place}.answers"), &request.answers, scope);
    }

    fn captured(&mut self, place: &str, capture: &Ordered<Pointer>, scope: &mut Scope<'_>) {
        for (name, _) in capture.iter() {
            self.name(&format!("{place}.capture"), name);
            scope.set(name, Captured::Always);
        }
    }

    fn handlers(
        &mut self,
        place: &str,
        on: &'d BTreeMap<String, Vec<Step>>,
        request: &'d Request,
        scope: &Scope<'d>,
        depth: usize,
        ways: &mut Ways<'d>,
    ) {
        let rows = request.answers.iter().chain(&self.calls.answers);
        let known: Vec<&str> = rows.filter_map(|row| row.case.as_deref()).chain(["rejected"]).collect();
        for (case, steps) in on {
            let place = format!("{place}.on.{case}");
            if !known.contains(&case.as_str()) {
                self.problem(&place, format!("no answer has this case; the cases are: {}", known.join(", ")));
            }
            let mut scope = Scope { handles: true, ..scope.clone() };
            let ended = self.sequence(&place, steps, &mut scope, depth);
            ways.add(ended, scope);
        }
    }

    fn source<'r>(
        &mut self,
        place: &str,
        request: Option<&'r Request>,
        list: Option<&Template>,
        paging: &Paging,
        scope: &Scope<'d>,
    ) -> Option<&'r Request> {
        match (request, list) {
            (Some(request), None) => {
                self.asked(&format!("{place}.request"), request, scope);
                if !request.capture.is_empty() || !request.then.is_empty() || !request.on.is_empty() {
                    self.problem(
                        place,
                        "`capture`, `then` and `on` belong beside the request of a list, not in it",
                    );
                }
            }
            (None, Some(list)) => self.template(&format!("{place}.in"), list, scope),
            _ => self.problem(place, "needs either a `request` or a list `in`"),
        }
        self.paging(&format!("{place}.paging"), paging, request, scope);
        request
    }

    fn find(&mut self, place: &str, find: &'d Find, scope: &mut Scope<'d>, depth: usize) -> bool {
        let request = self.source(place, find.request.as_ref(), find.list.as_ref(), &find.paging, scope);
        self.name(place, &find.name);
        if find.matches.is_empty() {
            self.problem(place, "needs a condition in `match`");
        }
        let mut found = scope.with(&find.name);
        for (index, condition) in find.matches.iter().enumerate() {
            self.condition(&format!("{place}.match[{index}]"), condition, &found);
        }
        let mut ways = Ways::of(scope);
        match request {
            Some(request) => self.handlers(place, &find.on, request, scope, depth, &mut ways),
            None if !find.on.is_empty() => self.problem(place, "`on` needs a `request`"),
            None => {}
        }
        let mut missing = scope.clone();
        for (name, pointer) in find.capture.iter() {
            let is_stated = pointer.optional;
            let captured = if is_stated { Captured::Always } else { Captured::IfFound(place.to_owned()) };
            missing.set(name, captured);
        }
        let ended = self.sequence(&format!("{place}.missing"), &find.missing, &mut missing, depth);
        ways.add(ended, missing);
        self.captured(place, &find.capture, &mut found);
        let ended = self.sequence(&format!("{place}.then"), &find.then, &mut found, depth);
        ways.add(ended, found);
        ways.meet(scope)
    }

    fn collect(&mut self, place: &str, collect: &'d Collect, scope: &mut Scope<'d>, depth: usize) -> bool {
        let request =
            self.source(place, collect.request.as_ref(), collect.list.as_ref(), &collect.paging, scope);
        self.name(place, &collect.into);
        let entry = scope.with("item");
        if let Some(condition) = &collect.filter {
            self.condition(&format!("{place}.where"), condition, &entry);
        }
        if let Some(value) = &collect.value {
            self.tree(&format!("{place}.value"), value, &entry);
        }
        let mut ways = Ways::of(scope);
        match request {
            Some(request) => self.handlers(place, &collect.on, request, scope, depth, &mut ways),
            None if !collect.on.is_empty() => self.problem(place, "`on` needs a `request`"),
            None => {}
        }
        ways.add(false, scope.with(&collect.into));
        ways.meet(scope)
    }

    fn choice(&mut self, place: &str, choice: &'d Choice, scope: &mut Scope<'d>, depth: usize) -> bool {
        self.condition(&format!("{place}.when"), &choice.when, scope);
        let mut ways = Ways::of(scope);
        for (name, steps, holds) in [("then", &choice.then, true), ("else", &choice.otherwise, false)] {
            let mut scope = scope.clone();
            scope.found(&self.proven(&choice.when, holds));
            let ended = self.sequence(&format!("{place}.{name}"), steps, &mut scope, depth);
            ways.add(ended, scope);
        }
        ways.meet(scope)
    }

    fn each(&mut self, place: &str, each: &'d Each, scope: &mut Scope<'d>, depth: usize) -> bool {
        self.template(&format!("{place}.in"), &each.list, scope);
        self.name(place, &each.name);
        let mut entry = scope.with(&each.name);
        if self.sequence(&format!("{place}.steps"), &each.steps, &mut entry, depth) {
            self.problem(place, "always ends the action at the first entry: end it after the list");
        }
        false
    }

    /// Checks a value that gets a name. A name for another name's value has a value if that has one.
    fn assigned(&mut self, place: &str, tree: &Tree, scope: &Scope<'_>) -> Captured {
        if let Tree::Template(template) = tree
            && let Some(find @ Captured::IfFound(_)) = needed(template)
                .find_map(|path| scope.names.get(&path.root).filter(|one| **one != Captured::Always))
        {
            self.exists(place, template, scope);
            return find.clone();
        }
        self.tree(place, tree, scope);
        Captured::Always
    }

    fn tree(&mut self, place: &str, tree: &Tree, scope: &Scope<'_>) {
        match tree {
            Tree::Constant(_) => {}
            Tree::Template(template) => self.template(place, template, scope),
            Tree::List(list) => {
                for (index, one) in list.iter().enumerate() {
                    self.tree(&format!("{place}[{index}]"), one, scope);
                }
            }
            Tree::Fields(fields) => {
                for (name, one) in fields.iter() {
                    self.tree(&format!("{place}.{name}"), one, scope);
                }
            }
            Tree::When(condition, one) => {
                self.condition(&format!("{place}.$when"), condition, scope);
                let mut scope = scope.clone();
                scope.found(&self.proven(condition, true));
                self.tree(place, one, &scope);
            }
        }
    }

    pub(super) fn condition(&mut self, place: &str, condition: &Condition, scope: &Scope<'_>) {
        match condition {
            Condition::All(list) | Condition::Any(list) => {
                for (index, one) in list.iter().enumerate() {
                    self.condition(&format!("{place}[{index}]"), one, scope);
                }
            }
            Condition::Not(one) => self.condition(place, one, scope),
            Condition::Holds(name) => match self.calls.conditions.get(name) {
                Some(named) if place.matches("conditions.").count() <= DEEPEST => {
                    self.condition(&format!("{place} > call.conditions.{name}"), named, scope);
                }
                Some(_) => {}
                None => self.problem(place, format!("`conditions` has no `{name}`")),
            },
            Condition::Some(list) | Condition::Every(list) => {
                self.template(place, &list.list, scope);
                self.name(place, &list.name);
                self.condition(&format!("{place}.where"), &list.filter, &scope.with(&list.name));
            }
            Condition::Test(value, test) => {
                self.exists(&format!("{place}.value"), value, scope);
                match test {
                    Test::Is(tree) | Test::IsNot(tree) => self.tree(place, tree, scope),
                    Test::In(list) => list.iter().for_each(|tree| self.tree(place, tree, scope)),
                    Test::Before(template) | Test::After(template) => self.template(place, template, scope),
                    Test::Present(_)
                    | Test::Contains(_)
                    | Test::Integer(_)
                    | Test::Below(_)
                    | Test::Above(_) => {}
                }
            }
        }
    }
}
