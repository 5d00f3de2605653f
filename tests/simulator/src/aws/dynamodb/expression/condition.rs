//! Conditions, filters and key conditions.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>

use std::borrow::Cow;
use std::cmp::Ordering;

use super::lexer::Token;
use super::{Kind, Parser, Path, Placeholders, invalid};
use crate::aws::dynamodb::error::Refusal;
use crate::aws::dynamodb::number::Number;
use crate::aws::dynamodb::value::{Item, Value};

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws::dynamodb) enum Comparison {
    Equal,
    Different,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Comparison {
    fn read(symbol: &str) -> Option<Self> {
        Some(match symbol {
            "=" => Self::Equal,
            "<>" => Self::Different,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::Greater,
            ">=" => Self::AtLeast,
            _ => return None,
        })
    }

    fn text(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Different => "<>",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    /// Values of different types are different, and neither is less. So are a value and none.
    fn holds(self, one: Option<&Value>, two: Option<&Value>) -> bool {
        let (Some(one), Some(two)) = (one, two) else {
            return match self {
                Self::Equal => one.is_none() && two.is_none(),
                Self::Different => one.is_some() || two.is_some(),
                _ => false,
            };
        };
        match self {
            Self::Equal => one == two,
            Self::Different => one != two,
            Self::Less => ordered(one, two).is_some_and(Ordering::is_lt),
            Self::AtMost => ordered(one, two).is_some_and(Ordering::is_le),
            Self::Greater => ordered(one, two).is_some_and(Ordering::is_gt),
            Self::AtLeast => ordered(one, two).is_some_and(Ordering::is_ge),
        }
    }
}

/// The order of two texts, numbers or binaries.
fn ordered(one: &Value, two: &Value) -> Option<Ordering> {
    match (one, two) {
        (Value::S(one), Value::S(two)) => Some(one.cmp(two)),
        (Value::N(one), Value::N(two)) => Some(one.cmp(two)),
        (Value::B(one), Value::B(two)) => Some(one.cmp(two)),
        _ => None,
    }
}

/// An operand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::aws::dynamodb) enum Operand<'a> {
    Path(Path<'a>),
    Value(&'a Value),
    Size(Path<'a>),
}

impl<'a> Operand<'a> {
    fn of<'i>(&self, item: &'i Item) -> Option<Cow<'i, Value>>
    where
        'a: 'i,
    {
        match self {
            Self::Path(path) => path.of(item).map(Cow::Borrowed),
            Self::Value(value) => Some(Cow::Borrowed(*value)),
            Self::Size(path) => {
                path.of(item)?.length().map(|length| Cow::Owned(Value::N(Number::from(length))))
            }
        }
    }
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::aws::dynamodb) enum Condition<'a> {
    Compare(Operand<'a>, Comparison, Operand<'a>),
    Between(Operand<'a>, Operand<'a>, Operand<'a>),
    In(Operand<'a>, Vec<Operand<'a>>),
    Exists(Path<'a>),
    Type(Path<'a>, &'a str),
    BeginsWith(Operand<'a>, Operand<'a>),
    Contains(Operand<'a>, Operand<'a>),
    And(Vec<Condition<'a>>),
    Or(Vec<Condition<'a>>),
    Not(Box<Condition<'a>>),
}

impl<'a> Condition<'a> {
    pub(in crate::aws::dynamodb) fn parse(
        kind: Kind,
        text: &'a str,
        placeholders: &Placeholders<'a>,
    ) -> Result<Self, Refusal> {
        let mut parser = Parser::new(kind, text, placeholders)?;
        let condition = parser.any()?;
        parser.end()?;
        Ok(condition)
    }

    /// Whether an item meets the condition.
    pub(in crate::aws::dynamodb) fn holds(&self, item: &Item) -> bool {
        match self {
            Self::Compare(one, comparison, two) => {
                comparison.holds(one.of(item).as_deref(), two.of(item).as_deref())
            }
            Self::Between(value, low, high) => {
                let value = value.of(item);
                Comparison::AtLeast.holds(value.as_deref(), low.of(item).as_deref())
                    && Comparison::AtMost.holds(value.as_deref(), high.of(item).as_deref())
            }
            Self::In(value, list) => {
                let value = value.of(item);
                value.is_some() && list.iter().any(|one| one.of(item) == value)
            }
            Self::Exists(path) => path.of(item).is_some(),
            Self::Type(path, kind) => path.of(item).is_some_and(|value| value.kind() == *kind),
            Self::BeginsWith(value, prefix) => {
                match (value.of(item).as_deref(), prefix.of(item).as_deref()) {
                    (Some(Value::S(value)), Some(Value::S(prefix))) => value.starts_with(prefix),
                    (Some(Value::B(value)), Some(Value::B(prefix))) => value.0.starts_with(&prefix.0),
                    _ => false,
                }
            }
            Self::Contains(value, part) => match (value.of(item).as_deref(), part.of(item).as_deref()) {
                (Some(Value::S(value)), Some(Value::S(part))) => value.contains(part.as_str()),
                (Some(Value::B(value)), Some(Value::B(part))) => {
                    part.0.is_empty() || value.0.windows(part.0.len()).any(|window| window == part.0)
                }
                (Some(Value::L(list)), Some(part)) => list.contains(part),
                (Some(Value::Strings(set)), Some(Value::S(part))) => set.contains(part),
                (Some(Value::Numbers(set)), Some(Value::N(part))) => set.contains(part),
                (Some(Value::Binaries(set)), Some(Value::B(part))) => set.contains(part),
                _ => false,
            },
            Self::And(all) => all.iter().all(|one| one.holds(item)),
            Self::Or(any) => any.iter().any(|one| one.holds(item)),
            Self::Not(one) => !one.holds(item),
        }
    }

    /// The attributes that the condition reads.
    pub(in crate::aws::dynamodb) fn attributes(&self) -> Vec<&'a str> {
        let root = |operand: &Operand<'a>| match operand {
            Operand::Path(path) | Operand::Size(path) => Some(path.root),
            Operand::Value(_) => None,
        };
        match self {
            Self::Compare(one, _, two) | Self::BeginsWith(one, two) | Self::Contains(one, two) => {
                [one, two].into_iter().filter_map(root).collect()
            }
            Self::Between(one, low, high) => [one, low, high].into_iter().filter_map(root).collect(),
            Self::In(one, list) => std::iter::once(one).chain(list).filter_map(root).collect(),
            Self::Exists(path) | Self::Type(path, _) => vec![path.root],
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::attributes).collect(),
            Self::Not(one) => one.attributes(),
        }
    }
}

/// A function that is a condition.
enum Function {
    Exists,
    NotExists,
    Type,
    BeginsWith,
    Contains,
}

/// The names of types.
const KINDS: [&str; 10] = ["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"];

const FUNCTIONS: [(&str, Function); 5] = [
    ("attribute_exists", Function::Exists),
    ("attribute_not_exists", Function::NotExists),
    ("attribute_type", Function::Type),
    ("begins_with", Function::BeginsWith),
    ("contains", Function::Contains),
];

impl<'a> Parser<'a, '_> {
    fn any(&mut self) -> Result<Condition<'a>, Refusal> {
        let mut found = vec![self.all()?];
        while self.takes_word("OR") {
            found.push(self.all()?);
        }
        Ok(alone(found, Condition::Or))
    }

    fn all(&mut self) -> Result<Condition<'a>, Refusal> {
        let mut found = vec![self.negated()?];
        while self.takes_word("AND") {
            found.push(self.negated()?);
        }
        Ok(alone(found, Condition::And))
    }

    fn negated(&mut self) -> Result<Condition<'a>, Refusal> {
        if self.takes_word("NOT") { Ok(Condition::Not(Box::new(self.negated()?))) } else { self.single() }
    }

    fn single(&mut self) -> Result<Condition<'a>, Refusal> {
        if self.takes("(") {
            let doubled = self.peek() == Some(Token::Symbol("("));
            let began = self.at;
            let condition = self.any()?;
            // `((a = :b))`: the inner parentheses end where the outer do.
            if doubled && self.closes(began) == Some(self.at - 1) {
                return Err(invalid(self.kind, "The expression has redundant parentheses;"));
            }
            self.expect(")")?;
            return Ok(condition);
        }
        if let Some(function) = self.function()? {
            return Ok(function);
        }
        let one = self.operand()?;
        if self.takes_word("BETWEEN") {
            let low = self.operand()?;
            if !self.takes_word("AND") {
                return Err(self.unexpected());
            }
            let high = self.operand()?;
            self.check_range(&low, &high)?;
            return Ok(Condition::Between(one, low, high));
        }
        if self.takes_word("IN") {
            self.expect("(")?;
            let mut list = vec![self.operand()?];
            while self.takes(",") {
                list.push(self.operand()?);
            }
            self.expect(")")?;
            return Ok(Condition::In(one, list));
        }
        let comparison = match self.peek() {
            Some(Token::Symbol(symbol)) => Comparison::read(symbol),
            _ => None,
        };
        let comparison = comparison.ok_or_else(|| self.unexpected())?;
        self.at += 1;
        let two = self.operand()?;
        if one == two && matches!(one, Operand::Path(_)) {
            let path = if let Operand::Path(path) = &one { path.to_string() } else { String::new() };
            return Err(invalid(
                self.kind,
                format!(
                    "The first operand must be distinct from the remaining operands for this operator or function; operator: {}, first operand: {path}",
                    comparison.text()
                ),
            ));
        }
        if !matches!(comparison, Comparison::Equal | Comparison::Different) {
            for operand in [&one, &two] {
                self.check_ordered(comparison.text(), "operator", operand)?;
            }
        }
        Ok(Condition::Compare(one, comparison, two))
    }

    /// The token at which the parenthesis opened at `open` closes.
    fn closes(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        (open..self.tokens.len()).find(|at| {
            match self.tokens[*at] {
                Token::Symbol("(") => depth += 1,
                Token::Symbol(")") => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })
    }

    fn function(&mut self) -> Result<Option<Condition<'a>>, Refusal> {
        let (Some(Token::Word(word)), Some(Token::Symbol("("))) =
            (self.peek(), self.tokens.get(self.at + 1).copied())
        else {
            return Ok(None);
        };
        if word == "size" {
            return Ok(None);
        }
        let Some((name, function)) = FUNCTIONS.iter().find(|(name, _)| *name == word) else {
            return Err(invalid(self.kind, format!("Invalid function name; function: {word}")));
        };
        self.at += 2;
        let condition = match function {
            Function::Exists => Condition::Exists(self.path_of(name)?),
            Function::NotExists => Condition::Not(Box::new(Condition::Exists(self.path_of(name)?))),
            Function::Type => {
                let path = self.path_of(name)?;
                self.expect(",")?;
                let kind = self.operand()?;
                let Operand::Value(Value::S(kind)) = kind else {
                    let found = kind_of(&kind);
                    return Err(self.wrong_type("operator or function", name, found));
                };
                if !KINDS.contains(&kind.as_str()) {
                    return Err(invalid(
                        self.kind,
                        format!(
                            "Invalid attribute type name found; type: {kind}, valid types: {{{}}}",
                            KINDS.join(",")
                        ),
                    ));
                }
                Condition::Type(path, kind)
            }
            Function::BeginsWith => {
                let one = self.operand()?;
                self.expect(",")?;
                let prefix = self.operand()?;
                if let Operand::Value(value) = &prefix
                    && !matches!(value, Value::S(_) | Value::B(_))
                {
                    return Err(self.wrong_type("operator or function", name, value.kind()));
                }
                Condition::BeginsWith(one, prefix)
            }
            Function::Contains => {
                let one = self.operand()?;
                self.expect(",")?;
                Condition::Contains(one, self.operand()?)
            }
        };
        self.expect(")")?;
        Ok(Some(condition))
    }

    fn path_of(&mut self, function: &str) -> Result<Path<'a>, Refusal> {
        match self.operand()? {
            Operand::Path(path) => Ok(path),
            Operand::Value(_) | Operand::Size(_) => Err(invalid(
                self.kind,
                format!("Operator or function requires a document path; operator or function: {function}"),
            )),
        }
    }

    pub(super) fn operand(&mut self) -> Result<Operand<'a>, Refusal> {
        match self.peek() {
            Some(Token::Value(placeholder)) => {
                self.at += 1;
                Ok(Operand::Value(self.placeholders.value(self.kind, placeholder)?))
            }
            Some(Token::Word("size")) if self.tokens.get(self.at + 1) == Some(&Token::Symbol("(")) => {
                self.at += 2;
                let path = self.path_of("size")?;
                self.expect(")")?;
                Ok(Operand::Size(path))
            }
            _ => self.path().map(Operand::Path),
        }
    }

    fn wrong_type(&self, what: &str, name: &str, kind: &str) -> Refusal {
        invalid(
            self.kind,
            format!("Incorrect operand type for operator or function; {what}: {name}, operand type: {kind}"),
        )
    }

    fn check_ordered(&self, name: &str, what: &str, operand: &Operand<'_>) -> Result<(), Refusal> {
        match operand {
            Operand::Value(value) if !matches!(value, Value::S(_) | Value::N(_) | Value::B(_)) => {
                Err(self.wrong_type(what, name, value.kind()))
            }
            _ => Ok(()),
        }
    }

    /// The bounds of a range are not in the wrong order.
    fn check_range(&self, low: &Operand<'_>, high: &Operand<'_>) -> Result<(), Refusal> {
        self.check_ordered("BETWEEN", "operator", low)?;
        self.check_ordered("BETWEEN", "operator", high)?;
        let (Operand::Value(low), Operand::Value(high)) = (low, high) else { return Ok(()) };
        let shown = |value: &Value| match value {
            Value::S(text) => format!("AttributeValue: {{S:{text}}}"),
            Value::N(number) => format!("AttributeValue: {{N:{number}}}"),
            other => format!("AttributeValue: {{{}}}", other.kind()),
        };
        match ordered(low, high) {
            None => Err(invalid(
                self.kind,
                format!(
                    "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: {}, upper bound operand: {}",
                    shown(low),
                    shown(high)
                ),
            )),
            Some(Ordering::Greater) => Err(invalid(
                self.kind,
                format!(
                    "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: {}, upper bound operand: {}",
                    shown(low),
                    shown(high)
                ),
            )),
            Some(Ordering::Less | Ordering::Equal) => Ok(()),
        }
    }
}

fn kind_of(operand: &Operand<'_>) -> &'static str {
    match operand {
        Operand::Value(value) => value.kind(),
        Operand::Size(_) => "N",
        Operand::Path(_) => "path",
    }
}

fn alone<'a>(mut found: Vec<Condition<'a>>, join: fn(Vec<Condition<'a>>) -> Condition<'a>) -> Condition<'a> {
    if found.len() == 1 { found.remove(0) } else { join(found) }
}
