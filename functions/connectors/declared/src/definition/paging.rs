//! How the next page of a list is found.

use serde::Deserialize;

use super::{Condition, Pointer};

/// The most names on the way to a field of a body.
const MOST_NAMES: usize = 8;

/// How the next page is found. A page without entries and a page that equals the one before it are the last, whatever
/// the answer says.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paging {
    /// The first answer is the whole list.
    #[default]
    None,
    /// Pages have numbers.
    Page(Numbered),
    /// A page begins at the number of an entry.
    Offset(Offset),
    /// The answer has a cursor for the next page.
    Cursor(Cursor),
    /// The answer has the address of the next page, which must be at the app's own origin.
    Link(Link),
}

/// The place of a page's number, offset, cursor or size in the request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Parameter {
    /// A query parameter.
    Query(String),
    /// A field of the JSON body, as the names on the way to it: `/page/after`.
    Body(Vec<String>),
}

impl TryFrom<String> for Parameter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let Some(names) = text.strip_prefix('/') else { return Ok(Self::Query(text)) };
        let names: Vec<String> = names.split('/').map(str::to_owned).collect();
        if names.len() > MOST_NAMES || names.iter().any(String::is_empty) {
            return Err(format!("`{text}` is not the place of a field in a body, such as `/page/after`"));
        }
        Ok(Self::Body(names))
    }
}

/// Pages with numbers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbered {
    /// The parameter with the number.
    pub parameter: Parameter,
    /// The number of the first page.
    #[serde(default = "one")]
    pub first: u32,
    /// The parameter with the size of a page.
    #[serde(default)]
    pub size_parameter: Option<Parameter>,
    /// The number of entries of a page.
    pub size: u32,
    /// The place of the next page's number. If it is absent or not larger, the page is the last.
    #[serde(default)]
    pub next: Option<Pointer>,
    /// Whether there is another page; `answer` is the answer. Without it and `next`, a page with fewer entries than
    /// `size` is the last.
    #[serde(default)]
    pub more: Option<Condition>,
}

fn one() -> u32 {
    1
}

/// Pages that begin at the number of an entry.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offset {
    /// The parameter with the number of the first entry, from 0.
    pub parameter: Parameter,
    /// The parameter with the size of a page.
    #[serde(default)]
    pub size_parameter: Option<Parameter>,
    /// The number of entries of a page.
    pub size: u32,
    /// Whether there is another page; `answer` is the answer. Without it, a page with fewer entries than `size` is the
    /// last.
    #[serde(default)]
    pub more: Option<Condition>,
}

/// A cursor for the next page.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// The parameter with the cursor, which the first request does not have.
    pub parameter: Parameter,
    /// The place of the cursor. If it is absent, the page is the last.
    pub next: Pointer,
    /// The parameter with the size of a page.
    #[serde(default)]
    pub size_parameter: Option<Parameter>,
    /// The number of entries of a page, if it is requested.
    #[serde(default)]
    pub size: Option<u32>,
    /// Whether there is another page, for an app that returns a cursor on the last page too.
    #[serde(default)]
    pub more: Option<Condition>,
}

impl Paging {
    /// The places that a page fills in the request.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        let (one, size) = match self {
            Self::None => (None, &None),
            Self::Page(page) => (Some(&page.parameter), &page.size_parameter),
            Self::Offset(offset) => (Some(&offset.parameter), &offset.size_parameter),
            Self::Cursor(cursor) => (Some(&cursor.parameter), &cursor.size_parameter),
            Self::Link(link) => (None, &link.size_parameter),
        };
        one.into_iter().chain(size)
    }
}

/// The address of the next page.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The place of the address; without it, the header `Link` with `rel="next"`.
    #[serde(default)]
    pub next: Option<Pointer>,
    /// The parameter with the size of a page, of the first request.
    #[serde(default)]
    pub size_parameter: Option<Parameter>,
    /// The number of entries of a page, if it is requested.
    #[serde(default)]
    pub size: Option<u32>,
}
