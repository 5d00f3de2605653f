//! Expressions: conditions, filters, keys, updates and projections.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>

mod condition;
mod key_condition;
mod lexer;
mod path;
mod projection;
mod reserved;
mod update;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::error::Refusal;
use super::value::Value;
use lexer::{Token, tokens};

pub(super) use condition::Condition;
pub(super) use key_condition::{Bound, KeyCondition};
pub(super) use path::Path;
pub(super) use projection::Projection;
pub(super) use update::Update;

/// The kind of an expression, as errors name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Condition,
    Filter,
    KeyCondition,
    Projection,
    Update,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Condition => "ConditionExpression",
            Self::Filter => "FilterExpression",
            Self::KeyCondition => "KeyConditionExpression",
            Self::Projection => "ProjectionExpression",
            Self::Update => "UpdateExpression",
        }
    }
}

/// The placeholders of a request, and which of them its expressions use.
#[derive(Debug)]
pub(super) struct Placeholders<'a> {
    names: Option<&'a BTreeMap<String, String>>,
    values: Option<&'a BTreeMap<String, Value>>,
    used: RefCell<BTreeSet<&'a str>>,
}

impl<'a> Placeholders<'a> {
    pub(super) fn new(
        names: Option<&'a BTreeMap<String, String>>,
        values: Option<&'a BTreeMap<String, Value>>,
    ) -> Self {
        Self { names, values, used: RefCell::default() }
    }

    fn name(&self, kind: Kind, placeholder: &str) -> Result<&'a str, Refusal> {
        let found = self.names.and_then(|names| names.get_key_value(placeholder));
        let (key, name) = found.ok_or_else(|| {
            invalid(kind, format!("An expression attribute name used in the document path is not defined; attribute name: {placeholder}"))
        })?;
        self.used.borrow_mut().insert(key);
        Ok(name)
    }

    fn value(&self, kind: Kind, placeholder: &str) -> Result<&'a Value, Refusal> {
        let found = self.values.and_then(|values| values.get_key_value(placeholder));
        let (key, value) = found.ok_or_else(|| {
            invalid(kind, format!("An expression attribute value used in expression is not defined; attribute value: {placeholder}"))
        })?;
        self.used.borrow_mut().insert(key);
        Ok(value)
    }

    /// Refuses a placeholder that no expression uses.
    pub(super) fn all_used(&self) -> Result<(), Refusal> {
        let used = self.used.borrow();
        let unused = |what: &str, keys: Vec<&str>| {
            if keys.is_empty() {
                return Ok(());
            }
            let keys = keys.join(", ");
            Err(Refusal::validation(format!(
                "Value provided in {what} unused in expressions: keys: {{{keys}}}"
            )))
        };
        let names = self.names.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
        unused("ExpressionAttributeNames", names.filter(|key| !used.contains(key)).collect())?;
        let values = self.values.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
        unused("ExpressionAttributeValues", values.filter(|key| !used.contains(key)).collect())
    }
}

fn invalid(kind: Kind, why: impl std::fmt::Display) -> Refusal {
    Refusal::validation(format!("Invalid {}: {why}", kind.name()))
}

/// Reads the tokens of one expression.
#[derive(Debug)]
struct Parser<'a, 'p> {
    kind: Kind,
    tokens: Vec<Token<'a>>,
    at: usize,
    placeholders: &'p Placeholders<'a>,
}

impl<'a, 'p> Parser<'a, 'p> {
    fn new(kind: Kind, text: &'a str, placeholders: &'p Placeholders<'a>) -> Result<Self, Refusal> {
        if text.is_empty() {
            return Err(invalid(kind, "The expression can not be empty;"));
        }
        let tokens = tokens(text)
            .map_err(|odd| invalid(kind, format!("Syntax error; token: \"{odd}\", near: \"{odd}\"")))?;
        Ok(Self { kind, tokens, at: 0, placeholders })
    }

    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let found = self.peek() == Some(Token::Symbol(symbol));
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Refusal> {
        if self.takes(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn end(&self) -> Result<(), Refusal> {
        if self.at >= self.tokens.len() { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The error at the current token.
    fn unexpected(&self) -> Refusal {
        let text = |at: usize| self.tokens.get(at).map_or("<EOF>", Token::text);
        let before = self.at.checked_sub(1).map_or("", text);
        let near = [before, text(self.at), self.tokens.get(self.at + 1).map_or("", Token::text)];
        let near = near.iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join(" ");
        invalid(self.kind, format!("Syntax error; token: \"{}\", near: \"{near}\"", text(self.at)))
    }
}
