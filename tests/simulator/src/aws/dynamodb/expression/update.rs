//! Updates.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html>

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::condition::Operand;
use super::lexer::Token;
use super::path::Step;
use super::{Kind, Parser, Path, Placeholders, invalid};
use crate::aws::dynamodb::error::Refusal;
use crate::aws::dynamodb::number::Number;
use crate::aws::dynamodb::value::{Item, Value};

/// The new value of an attribute.
#[derive(Debug)]
enum Source<'a> {
    Operand(Operand<'a>),
    IfNotExists(Path<'a>, Box<Source<'a>>),
    Append(Box<Source<'a>>, Box<Source<'a>>),
    Plus(Box<Source<'a>>, Box<Source<'a>>),
    Minus(Box<Source<'a>>, Box<Source<'a>>),
}

#[derive(Debug)]
enum Action<'a> {
    Set(Path<'a>, Source<'a>),
    Remove(Path<'a>),
    Add(Path<'a>, &'a Value),
    Delete(Path<'a>, &'a Value),
}

impl<'a> Action<'a> {
    fn path(&self) -> &Path<'a> {
        match self {
            Self::Set(path, _) | Self::Remove(path) | Self::Add(path, _) | Self::Delete(path, _) => path,
        }
    }
}

/// An update.
#[derive(Debug)]
pub(in crate::aws::dynamodb) struct Update<'a>(Vec<Action<'a>>);

fn missing() -> Refusal {
    Refusal::validation(
        "The provided expression refers to an attribute that does not exist in the item".to_owned(),
    )
}

fn wrong_type() -> Refusal {
    Refusal::validation("An operand in the update expression has an incorrect data type".to_owned())
}

fn no_place() -> Refusal {
    Refusal::validation(
        "The document path provided in the update expression is invalid for update".to_owned(),
    )
}

impl<'a> Update<'a> {
    pub(in crate::aws::dynamodb) fn parse(
        text: &'a str,
        placeholders: &Placeholders<'a>,
    ) -> Result<Self, Refusal> {
        let mut parser = Parser::new(Kind::Update, text, placeholders)?;
        let mut actions: Vec<Action<'a>> = Vec::new();
        let mut sections = BTreeSet::new();
        while let Some(token) = parser.next() {
            let section = match token {
                Token::Word(word) => word.to_ascii_uppercase(),
                _ => String::new(),
            };
            if !["SET", "REMOVE", "ADD", "DELETE"].contains(&section.as_str()) {
                parser.at -= 1;
                return Err(parser.unexpected());
            }
            loop {
                let action = parser.action(&section)?;
                if let Some(clash) = actions.iter().find_map(|other| other.path().clash(action.path())) {
                    return Err(invalid(Kind::Update, clash));
                }
                actions.push(action);
                if !parser.takes(",") {
                    break;
                }
            }
            if !sections.insert(section.clone()) {
                return Err(invalid(
                    Kind::Update,
                    format!("The \"{section}\" section can only be used once in an update expression;"),
                ));
            }
        }
        Ok(Self(actions))
    }

    /// The attributes that the update changes.
    pub(in crate::aws::dynamodb) fn attributes(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().map(|action| action.path().root)
    }

    /// The paths that the update changes.
    pub(in crate::aws::dynamodb) fn paths(&self) -> impl Iterator<Item = &Path<'a>> {
        self.0.iter().map(Action::path)
    }

    /// Applies the update. Every operand is read from the item as it was.
    pub(in crate::aws::dynamodb) fn apply(&self, before: &Item) -> Result<Item, Refusal> {
        let mut item = before.clone();
        // The elements of a list are removed last, from its end, so that none of the others moves before.
        let mut removed = Vec::new();
        for action in &self.0 {
            match action {
                Action::Set(path, source) => {
                    let value = source.of(before)?.into_owned();
                    set(&mut item, path, value)?;
                }
                Action::Remove(path) => removed.push(path),
                Action::Add(path, value) => {
                    if let Some(sum) = added(path.of(before), value)? {
                        set(&mut item, path, sum)?;
                    }
                }
                Action::Delete(path, value) => match without(path.of(before), value)? {
                    Some(rest) => set(&mut item, path, rest)?,
                    None => removed.push(path),
                },
            }
        }
        removed.sort_by(|one, two| two.steps.cmp(&one.steps));
        for path in removed {
            remove(&mut item, path)?;
        }
        Ok(item)
    }
}

impl<'a> Source<'a> {
    fn of<'i>(&self, item: &'i Item) -> Result<Cow<'i, Value>, Refusal>
    where
        'a: 'i,
    {
        Ok(match self {
            Self::Operand(Operand::Path(path)) => Cow::Borrowed(path.of(item).ok_or_else(missing)?),
            Self::Operand(Operand::Value(value)) => Cow::Borrowed(*value),
            Self::Operand(Operand::Size(_)) => return Err(wrong_type()),
            Self::IfNotExists(path, other) => match path.of(item) {
                Some(value) => Cow::Borrowed(value),
                None => other.of(item)?,
            },
            Self::Append(one, two) => match (one.of(item)?.into_owned(), two.of(item)?.into_owned()) {
                (Value::L(mut one), Value::L(two)) => {
                    one.extend(two);
                    Cow::Owned(Value::L(one))
                }
                _ => return Err(wrong_type()),
            },
            Self::Plus(one, two) => {
                Cow::Owned(arithmetic(one.of(item)?.as_ref(), two.of(item)?.as_ref(), Number::plus)?)
            }
            Self::Minus(one, two) => {
                Cow::Owned(arithmetic(one.of(item)?.as_ref(), two.of(item)?.as_ref(), Number::minus)?)
            }
        })
    }
}

fn arithmetic(
    one: &Value,
    two: &Value,
    operation: fn(Number, Number) -> Result<Number, crate::aws::dynamodb::number::NotANumber>,
) -> Result<Value, Refusal> {
    let (Value::N(one), Value::N(two)) = (one, two) else { return Err(wrong_type()) };
    operation(*one, *two).map(Value::N).map_err(|_| {
        Refusal::validation(
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
                .to_owned(),
        )
    })
}

/// The result of ADD; `None` if nothing changes.
fn added(before: Option<&Value>, value: &Value) -> Result<Option<Value>, Refusal> {
    Ok(Some(match (before, value) {
        (None, Value::N(_) | Value::Strings(_) | Value::Numbers(_) | Value::Binaries(_)) => value.clone(),
        (Some(before @ Value::N(_)), Value::N(_)) => arithmetic(before, value, Number::plus)?,
        (Some(Value::Strings(one)), Value::Strings(two)) => Value::Strings(one | two),
        (Some(Value::Numbers(one)), Value::Numbers(two)) => Value::Numbers(one | two),
        (Some(Value::Binaries(one)), Value::Binaries(two)) => Value::Binaries(one | two),
        _ => return Err(wrong_type()),
    }))
}

/// The result of DELETE; `None` if the attribute ends, or does not exist.
fn without(before: Option<&Value>, value: &Value) -> Result<Option<Value>, Refusal> {
    let rest = match (before, value) {
        (None, Value::Strings(_) | Value::Numbers(_) | Value::Binaries(_)) => return Ok(None),
        (Some(Value::Strings(one)), Value::Strings(two)) => Value::Strings(one - two),
        (Some(Value::Numbers(one)), Value::Numbers(two)) => Value::Numbers(one - two),
        (Some(Value::Binaries(one)), Value::Binaries(two)) => Value::Binaries(one - two),
        _ => return Err(wrong_type()),
    };
    Ok(Some(rest).filter(|rest| rest.length() != Some(0)))
}

/// The place that holds the last step of a path.
fn parent<'i>(item: &'i mut Item, path: &Path<'_>) -> Result<&'i mut Value, Refusal> {
    let root = item.get_mut(path.root).ok_or_else(no_place)?;
    let all_but_last = path.steps.split_last().map_or(&[][..], |(_, rest)| rest);
    all_but_last.iter().try_fold(root, |value, step| match (value, step) {
        (Value::M(map), Step::Name(name)) => map.get_mut(*name).ok_or_else(no_place),
        (Value::L(list), Step::Index(index)) => list.get_mut(*index).ok_or_else(no_place),
        _ => Err(no_place()),
    })
}

fn set(item: &mut Item, path: &Path<'_>, value: Value) -> Result<(), Refusal> {
    let Some(last) = path.steps.last() else {
        item.insert(path.root.to_owned(), value);
        return Ok(());
    };
    match (parent(item, path)?, last) {
        (Value::M(map), Step::Name(name)) => {
            map.insert((*name).to_owned(), value);
        }
        // An index beyond the end adds to the end.
        (Value::L(items), Step::Index(at)) => match items.get_mut(*at) {
            Some(place) => *place = value,
            None => items.push(value),
        },
        _ => return Err(no_place()),
    }
    Ok(())
}

fn remove(item: &mut Item, path: &Path<'_>) -> Result<(), Refusal> {
    let Some(last) = path.steps.last() else {
        item.remove(path.root);
        return Ok(());
    };
    match (parent(item, path)?, last) {
        (Value::M(map), Step::Name(name)) => {
            map.remove(*name);
        }
        (Value::L(items), Step::Index(at)) => {
            if *at < items.len() {
                items.remove(*at);
            }
        }
        _ => return Err(no_place()),
    }
    Ok(())
}

impl<'a> Parser<'a, '_> {
    fn action(&mut self, section: &str) -> Result<Action<'a>, Refusal> {
        let path = self.path()?;
        if section == "SET" {
            self.expect("=")?;
            return Ok(Action::Set(path, self.source()?));
        }
        if section == "REMOVE" {
            return Ok(Action::Remove(path));
        }
        let Operand::Value(value) = self.operand()? else { return Err(self.unexpected()) };
        let refused = |kind: &str| {
            invalid(
                Kind::Update,
                format!(
                    "Incorrect operand type for operator or function; operator: {section}, operand type: {kind}, typeSet: ALLOWED_FOR_{section}_OPERAND"
                ),
            )
        };
        match (section, value) {
            ("ADD", Value::N(_)) | (_, Value::Strings(_) | Value::Numbers(_) | Value::Binaries(_)) => {}
            _ => return Err(refused(long_name(value))),
        }
        Ok(if section == "ADD" { Action::Add(path, value) } else { Action::Delete(path, value) })
    }

    fn source(&mut self) -> Result<Source<'a>, Refusal> {
        let one = self.term()?;
        if self.takes("+") {
            return Ok(Source::Plus(Box::new(one), Box::new(self.term()?)));
        }
        if self.takes("-") {
            return Ok(Source::Minus(Box::new(one), Box::new(self.term()?)));
        }
        Ok(one)
    }

    fn term(&mut self) -> Result<Source<'a>, Refusal> {
        if self.takes("(") {
            let inner = self.source()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let (Some(Token::Word(function)), Some(Token::Symbol("("))) =
            (self.peek(), self.tokens.get(self.at + 1))
        else {
            return self.operand().map(Source::Operand);
        };
        self.at += 2;
        let source = match function {
            "if_not_exists" => {
                let path = self.path()?;
                self.expect(",")?;
                Source::IfNotExists(path, Box::new(self.term()?))
            }
            "list_append" => {
                let one = self.term()?;
                self.expect(",")?;
                Source::Append(Box::new(one), Box::new(self.term()?))
            }
            other => {
                return Err(invalid(Kind::Update, format!("Invalid function name; function: {other}")));
            }
        };
        self.expect(")")?;
        Ok(source)
    }
}

/// The name of a type, as the errors of updates say it.
fn long_name(value: &Value) -> &'static str {
    match value {
        Value::S(_) => "STRING",
        Value::N(_) => "NUMBER",
        Value::B(_) => "BINARY",
        Value::Bool(_) => "BOOLEAN",
        Value::Null(_) => "NULL",
        Value::M(_) => "MAP",
        Value::L(_) => "LIST",
        Value::Strings(_) => "STRING_SET",
        Value::Numbers(_) => "NUMBER_SET",
        Value::Binaries(_) => "BINARY_SET",
    }
}
