//! The steps of an action.

use std::collections::BTreeMap;

use connector::http::Method;
use domain::outcome::Fix;
use serde::{Deserialize, Deserializer};

use super::condition::item;
use super::ordered::single;
use super::{Condition, Kind, Ordered, Paging, Pointer, Row, Success, Tree};
use crate::template::{Path, Template, Text};

/// A step of an action.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub enum Step {
    /// Sends a request.
    Request(Box<Request>),
    /// Finds an entry of a list.
    Find(Box<Find>),
    /// Reads the entries of a list.
    Collect(Box<Collect>),
    /// Chooses between steps. A step with `when` is the only step of such a choice.
    If(Box<Choice>),
    /// Performs steps for each entry of a list.
    Each(Box<Each>),
    /// Names values.
    Let(Ordered<Tree>),
    /// Performs the steps of `blocks` with this name.
    Use(String),
    /// Adds a note to the outcome, whichever it is.
    Note(Text),
    /// Ends the action: the app made the change. A note for the merchant is optional.
    Done(Option<Text>),
    /// Ends the action: the state was as requested.
    Already(Option<Text>),
    /// Ends the action otherwise.
    End(Box<End>),
}

/// A step as it is written: exactly one form, and the condition under which it is performed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    when: Option<Condition>,
    request: Option<Box<Request>>,
    find: Option<Box<Find>>,
    collect: Option<Box<Collect>>,
    #[serde(rename = "if")]
    choice: Option<Box<Choice>>,
    each: Option<Box<Each>>,
    #[serde(rename = "let")]
    names: Option<Ordered<Tree>>,
    #[serde(rename = "use")]
    block: Option<String>,
    note: Option<Text>,
    #[serde(default, deserialize_with = "present")]
    done: Option<Note>,
    #[serde(default, deserialize_with = "present")]
    already: Option<Note>,
    end: Option<Box<End>>,
}

/// The note of an outcome. Null: there is none.
#[derive(Debug, Deserialize)]
struct Note(Option<Text>);

/// Reads an existing field, also if it is null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Note>, D::Error> {
    Note::deserialize(deserializer).map(Some)
}

impl TryFrom<Written> for Step {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let forms = [
            written.request.map(Self::Request),
            written.find.map(Self::Find),
            written.collect.map(Self::Collect),
            written.choice.map(Self::If),
            written.each.map(Self::Each),
            written.names.map(Self::Let),
            written.block.map(Self::Use),
            written.note.map(Self::Note),
            written.done.map(|Note(text)| Self::Done(text)),
            written.already.map(|Note(text)| Self::Already(text)),
            written.end.map(Self::End),
        ];
        let Ok(Some(step)) = single(forms) else {
            return Err(
                "a step is one of `request`, `find`, `collect`, `if`, `each`, `let`, `use`, `note`, `done`, `already`, \
                 `end`, with `when` or without",
            );
        };
        Ok(match written.when {
            None => step,
            Some(when) => Self::If(Box::new(Choice { when, then: vec![step], otherwise: Vec::new() })),
        })
    }
}

impl Step {
    /// The request that the step sends.
    pub fn request(&self) -> Option<&Request> {
        match self {
            Self::Request(request) => Some(request),
            Self::Find(find) => find.request.as_ref(),
            Self::Collect(collect) => collect.request.as_ref(),
            Self::If(_)
            | Self::Each(_)
            | Self::Let(_)
            | Self::Use(_)
            | Self::Note(_)
            | Self::Done(_)
            | Self::Already(_)
            | Self::End(_) => None,
        }
    }

    /// The steps in this one, by their place in it. The steps of a block are not.
    pub fn within(&self) -> Vec<(String, &[Step])> {
        fn named<'s>(
            form: &str,
            steps: &[(&str, &'s [Step])],
            on: Option<&'s BTreeMap<String, Vec<Step>>>,
        ) -> Vec<(String, &'s [Step])> {
            let own = steps.iter().map(|(name, steps)| (format!("{form}.{name}"), *steps));
            let cases = on.into_iter().flatten();
            own.chain(cases.map(|(case, steps)| (format!("{form}.on.{case}"), steps.as_slice()))).collect()
        }
        match self {
            Self::Request(request) => named("request", &[("then", &request.then)], Some(&request.on)),
            Self::Find(find) => {
                named("find", &[("missing", &find.missing), ("then", &find.then)], Some(&find.on))
            }
            Self::Collect(collect) => named("collect", &[], Some(&collect.on)),
            Self::If(choice) => named("if", &[("then", &choice.then), ("else", &choice.otherwise)], None),
            Self::Each(each) => named("each", &[("steps", &each.steps)], None),
            Self::Let(_) | Self::Use(_) | Self::Note(_) | Self::Done(_) | Self::Already(_) | Self::End(_) => {
                Vec::new()
            }
        }
    }
}

/// All of these steps and the steps in them, with their places.
pub fn all<'s>(place: &str, steps: &'s [Step]) -> Vec<(String, &'s Step)> {
    let mut found = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let place = format!("{place}[{index}]");
        for (name, steps) in step.within() {
            found.extend(all(&format!("{place}.{name}"), steps));
        }
        found.push((place, step));
    }
    found
}

/// A request's method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    /// Reads.
    #[default]
    Get,
    /// Creates or changes.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

impl Verb {
    /// The HTTP method.
    pub fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }
}

/// A request, and what follows from its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The method; GET if absent.
    #[serde(default)]
    pub method: Verb,
    /// The segments of the path after the app's own. Each is encoded, so it stays one segment.
    pub path: Vec<Template>,
    /// The query parameters.
    #[serde(default)]
    pub query: Ordered<Tree>,
    /// Headers besides the app's own.
    #[serde(default)]
    pub headers: Ordered<Template>,
    /// The body as JSON.
    #[serde(default)]
    pub json: Option<Tree>,
    /// The body as a form.
    #[serde(default)]
    pub form: Option<Ordered<Tree>>,
    /// Fields that the app may reject by name, and the value of each. If it does, the request is repeated as if that
    /// value were unknown.
    #[serde(default)]
    pub optional: Ordered<Path>,
    /// The meaning of answers to this request, before those of the app.
    #[serde(default)]
    pub answers: Vec<Row>,
    /// The signs by which an answer with a 2xx is a success.
    #[serde(default)]
    pub success: Success,
    /// Names for values of the answer.
    #[serde(default)]
    pub capture: Ordered<Pointer>,
    /// Steps after a success.
    #[serde(default)]
    pub then: Vec<Step>,
    /// Steps after an answer with a case.
    #[serde(default)]
    pub on: BTreeMap<String, Vec<Step>>,
    /// Why a request that creates something can be repeated without harm. Only for readers.
    #[serde(default)]
    pub repeatable: Option<String>,
}

/// Finds an entry of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// The request of a page.
    #[serde(default)]
    pub request: Option<Request>,
    /// The list to search, instead of a request.
    #[serde(default, rename = "in")]
    pub list: Option<Template>,
    /// The place of the entries in the answer.
    #[serde(default)]
    pub items: Pointer,
    /// How the next page is found.
    #[serde(default)]
    pub paging: Paging,
    /// The conditions of a match, the best first.
    #[serde(rename = "match")]
    pub matches: Vec<Condition>,
    /// The name of the entry, in the conditions and after them.
    #[serde(rename = "as", default = "item")]
    pub name: String,
    /// Names for values of the entry. Without an entry, they are absent.
    #[serde(default)]
    pub capture: Ordered<Pointer>,
    /// Steps if an entry was found.
    #[serde(default)]
    pub then: Vec<Step>,
    /// Steps if none was found.
    #[serde(default)]
    pub missing: Vec<Step>,
    /// Steps after an answer with a case.
    #[serde(default)]
    pub on: BTreeMap<String, Vec<Step>>,
}

/// Reads the entries of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    /// The request of a page.
    #[serde(default)]
    pub request: Option<Request>,
    /// The list to read, instead of a request.
    #[serde(default, rename = "in")]
    pub list: Option<Template>,
    /// The place of the entries in the answer.
    #[serde(default)]
    pub items: Pointer,
    /// How the next page is found.
    #[serde(default)]
    pub paging: Paging,
    /// The entries to keep; all of them if absent. `item` is the entry.
    #[serde(default, rename = "where")]
    pub filter: Option<Condition>,
    /// A value in the place of each entry.
    #[serde(default)]
    pub value: Option<Tree>,
    /// The name of the list.
    pub into: String,
    /// Steps after an answer with a case.
    #[serde(default)]
    pub on: BTreeMap<String, Vec<Step>>,
}

/// A choice between steps.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The condition.
    pub when: Condition,
    /// Steps if it holds.
    #[serde(default)]
    pub then: Vec<Step>,
    /// Steps if it does not.
    #[serde(default, rename = "else")]
    pub otherwise: Vec<Step>,
}

/// Steps for each entry of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Each {
    /// The list.
    #[serde(rename = "in")]
    pub list: Template,
    /// The name of the entry.
    #[serde(rename = "as", default = "item")]
    pub name: String,
    /// The steps.
    pub steps: Vec<Step>,
}

/// The end of an action.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// The outcome.
    pub then: Kind,
    /// The reason, for the merchant.
    #[serde(default)]
    pub reason: Option<Text>,
    /// The correction that the merchant can make.
    #[serde(default)]
    pub hint: Option<Text>,
    /// For `rejected`: what has to change, if it is known.
    #[serde(default)]
    pub fix: Option<Fix>,
    /// For `gone`: what the rule names that no longer exists, such as `tag`.
    #[serde(default)]
    pub what: Option<String>,
}
