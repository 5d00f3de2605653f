//! Conditions.

use serde::Deserialize;

use super::Tree;
use super::ordered::single;
use crate::template::Template;

/// A condition.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Condition {
    /// All of them hold.
    All(Vec<Condition>),
    /// One of them holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// The condition of `conditions` with this name holds.
    Holds(String),
    /// An entry of a list fulfils a condition.
    Some(InList),
    /// Every entry of a list fulfils a condition.
    Every(InList),
    /// A value passes a test.
    Test(Template, Test),
}

/// A condition on the entries of a list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InList {
    /// The list.
    #[serde(rename = "in")]
    pub list: Template,
    /// The name of the entry in the condition.
    #[serde(rename = "as", default = "item")]
    pub name: String,
    /// The condition.
    #[serde(rename = "where")]
    pub filter: Box<Condition>,
}

pub(super) fn item() -> String {
    "item".to_owned()
}

/// A test of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It is present, or absent.
    Present(bool),
    /// It equals another value. A number equals its text.
    Is(Tree),
    /// It does not.
    IsNot(Tree),
    /// It equals one of these values.
    In(Vec<Tree>),
    /// Its text, in lower case, contains one of these phrases. `…` is any text in between.
    Contains(Vec<String>),
    /// It is a whole number, or not.
    Integer(bool),
    /// It is a number below this.
    Below(i64),
    /// It is a number above this.
    Above(i64),
    /// It is a time before this.
    Before(Template),
    /// It is a time after this.
    After(Template),
}

/// A condition as it is written: exactly one form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    all: Option<Vec<Condition>>,
    any: Option<Vec<Condition>>,
    not: Option<Box<Condition>>,
    holds: Option<String>,
    some: Option<InList>,
    every: Option<InList>,
    value: Option<Template>,
    present: Option<bool>,
    is: Option<Tree>,
    is_not: Option<Tree>,
    #[serde(rename = "in")]
    within: Option<Vec<Tree>>,
    contains: Option<Vec<String>>,
    integer: Option<bool>,
    below: Option<i64>,
    above: Option<i64>,
    before: Option<Template>,
    after: Option<Template>,
}

impl TryFrom<Written> for Condition {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { all, any, not, holds, some, every, value, .. } = written;
        let tests = [
            written.present.map(Test::Present),
            written.is.map(Test::Is),
            written.is_not.map(Test::IsNot),
            written.within.map(Test::In),
            written.contains.map(Test::Contains),
            written.integer.map(Test::Integer),
            written.below.map(Test::Below),
            written.above.map(Test::Above),
            written.before.map(Test::Before),
            written.after.map(Test::After),
        ];
        let forms = [
            all.map(Self::All),
            any.map(Self::Any),
            not.map(Self::Not),
            holds.map(Self::Holds),
            some.map(Self::Some),
            every.map(Self::Every),
        ];
        match (single(forms), value, single(tests)) {
            (Ok(Some(form)), None, Ok(None)) => Ok(form),
            (Ok(None), Some(value), Ok(Some(test))) => Ok(Self::Test(value, test)),
            _ => Err(
                "a condition is one of `all`, `any`, `not`, `holds`, `some`, `every`, or a `value` with one of `present`, \
                 `is`, `is_not`, `in`, `contains`, `integer`, `below`, `above`, `before`, `after`",
            ),
        }
    }
}
