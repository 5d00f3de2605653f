//! Document paths.

use std::fmt;

use super::lexer::Token;
use super::{Parser, invalid, reserved};
use crate::aws::dynamodb::error::Refusal;
use crate::aws::dynamodb::value::{Item, Value};

/// A step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::aws::dynamodb) enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

/// A path to an attribute or into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::aws::dynamodb) struct Path<'a> {
    pub(in crate::aws::dynamodb) root: &'a str,
    pub(in crate::aws::dynamodb) steps: Vec<Step<'a>>,
}

impl<'a> Path<'a> {
    /// The value at the path.
    pub(super) fn of<'i>(&self, item: &'i Item) -> Option<&'i Value> {
        let root = item.get(self.root)?;
        self.steps.iter().try_fold(root, |value, step| match (value, step) {
            (Value::M(map), Step::Name(name)) => map.get(*name),
            (Value::L(list), Step::Index(index)) => list.get(*index),
            _ => None,
        })
    }

    fn all(&self) -> impl Iterator<Item = Step<'a>> {
        std::iter::once(Step::Name(self.root)).chain(self.steps.iter().copied())
    }

    /// Why two paths cannot be in one expression.
    pub(super) fn clash(&self, other: &Self) -> Option<String> {
        let both = || format!("path one: {self}, path two: {other}");
        let mut steps = (self.all(), other.all());
        loop {
            match (steps.0.next(), steps.1.next()) {
                (Some(one), Some(two)) if one == two => {}
                (Some(Step::Name(_)), Some(Step::Index(_))) | (Some(Step::Index(_)), Some(Step::Name(_))) => {
                    return Some(format!(
                        "Two document paths conflict with each other; must remove or rewrite one of these paths; {}",
                        both()
                    ));
                }
                (Some(_), Some(_)) => return None,
                _ => {
                    return Some(format!(
                        "Two document paths overlap with each other; must remove or rewrite one of these paths; {}",
                        both()
                    ));
                }
            }
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}", self.root)?;
        for step in &self.steps {
            match step {
                Step::Name(name) => write!(f, ", {name}")?,
                Step::Index(index) => write!(f, ", [{index}]")?,
            }
        }
        f.write_str("]")
    }
}

impl<'a> Parser<'a, '_> {
    pub(super) fn path(&mut self) -> Result<Path<'a>, Refusal> {
        let root = self.name()?;
        let mut steps = Vec::new();
        loop {
            if self.takes(".") {
                steps.push(Step::Name(self.name()?));
            } else if self.takes("[") {
                let Some(Token::Digits(digits)) = self.peek() else { return Err(self.unexpected()) };
                let index = digits.parse().map_err(|_| self.unexpected())?;
                self.at += 1;
                self.expect("]")?;
                steps.push(Step::Index(index));
            } else {
                return Ok(Path { root, steps });
            }
        }
    }

    fn name(&mut self) -> Result<&'a str, Refusal> {
        match self.peek() {
            Some(Token::Name(placeholder)) => {
                self.at += 1;
                self.placeholders.name(self.kind, placeholder)
            }
            Some(Token::Word(word)) if reserved::is_reserved(word) => Err(invalid(
                self.kind,
                format!("Attribute name is a reserved keyword; reserved keyword: {word}"),
            )),
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.unexpected()),
        }
    }
}
