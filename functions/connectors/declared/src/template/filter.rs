//! The filters of a placeholder. Each is pure, and bounded by the length of its value.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::money::Money;
use jiff::{SignedDuration, Timestamp};
use md5::Md5;
use serde_json::{Number, Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::{Path, Values, is_present};

/// A value that a filter or a place does not accept. The message is for the merchant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unusable {
    /// The message.
    pub message: String,
    /// The name and the value of the setting, if it is one.
    pub setting: Option<(String, String)>,
}

impl Unusable {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), setting: None }
    }

    fn of(path: &Path, value: &Value, expected: &str) -> Self {
        let shown: String = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let shown: String = shown.chars().take(100).collect();
        match (path.root.as_str(), path.rest.last()) {
            ("setting", Some(name)) => Self {
                message: format!("The rule's `{name}` is `{shown}`, which is not {expected}."),
                setting: Some((name.clone(), shown)),
            },
            // A value of the contact or of the app may be personal.
            _ => Self::new(format!("`{path}` is not {expected}.")),
        }
    }
}

/// The argument of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Argument {
    /// A quoted text.
    Text(String),
    /// A number.
    Number(i64),
    /// The path of a value.
    Path(Path),
}

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Without surrounding blanks.
    Trim,
    /// In lower case.
    Lowercase,
    /// In upper case.
    Uppercase,
    /// The SHA-256 digest in lower-case hexadecimal.
    Sha256,
    /// The MD5 digest in lower-case hexadecimal.
    Md5,
    /// In base64.
    Base64,
    /// A whole number that is not negative.
    Integer,
    /// A number.
    Number,
    /// A text.
    Text,
    /// True or false.
    Bool,
    /// A time as `2026-11-21T10:00:00Z`.
    Iso8601,
    /// The day of a time as `2026-11-21`.
    Date,
    /// A time in seconds since 1970.
    Unix,
    /// A time in milliseconds since 1970.
    UnixMs,
    /// A time so many seconds before.
    Earlier(i64),
    /// An amount in major units, as a number.
    MoneyMajor,
    /// An amount in minor units, as a number.
    MoneyMinor,
    /// An amount's currency.
    Currency,
    /// The text, or another if it is absent.
    DefaultText(String),
    /// The value, or the value at another path if it is absent.
    DefaultPath(Path),
    /// The digits of a text.
    Digits,
    /// The first characters.
    Take(usize),
    /// The text before the first occurrence of another.
    Before(String),
    /// The text after the first occurrence of another.
    After(String),
    /// The host of an address.
    Host,
    /// Scheme, host and port of an address.
    Origin,
    /// The folders of an address's path, as a list that may be empty.
    Folders,
    /// The entries of a list as one text.
    Join(String),
    /// The number of a list's entries.
    Count,
}

/// The names of the filters, for messages and documentation.
const NAMES: [&str; 28] = [
    "after",
    "base64",
    "before",
    "bool",
    "count",
    "currency",
    "date",
    "default",
    "digits",
    "earlier",
    "folders",
    "host",
    "integer",
    "iso8601",
    "join",
    "lowercase",
    "md5",
    "money_major",
    "money_minor",
    "number",
    "origin",
    "sha256",
    "take",
    "text",
    "trim",
    "unix",
    "unix_ms",
    "uppercase",
];

impl Filter {
    pub(super) fn named(name: &str, argument: Option<Argument>) -> Result<Self, String> {
        use Argument as A;
        Ok(match (name, argument) {
            ("trim", None) => Self::Trim,
            ("lowercase", None) => Self::Lowercase,
            ("uppercase", None) => Self::Uppercase,
            ("sha256", None) => Self::Sha256,
            ("md5", None) => Self::Md5,
            ("base64", None) => Self::Base64,
            ("integer", None) => Self::Integer,
            ("number", None) => Self::Number,
            ("text", None) => Self::Text,
            ("bool", None) => Self::Bool,
            ("iso8601", None) => Self::Iso8601,
            ("date", None) => Self::Date,
            ("unix", None) => Self::Unix,
            ("unix_ms", None) => Self::UnixMs,
            ("earlier", Some(A::Number(seconds))) if seconds >= 0 => Self::Earlier(seconds),
            ("money_major", None) => Self::MoneyMajor,
            ("money_minor", None) => Self::MoneyMinor,
            ("currency", None) => Self::Currency,
            ("default", Some(A::Text(text))) => Self::DefaultText(text),
            ("default", Some(A::Path(path))) => Self::DefaultPath(path),
            ("digits", None) => Self::Digits,
            ("take", Some(A::Number(count))) => {
                Self::Take(usize::try_from(count).map_err(|_| "the number is negative".to_owned())?)
            }
            ("before", Some(A::Text(text))) if !text.is_empty() => Self::Before(text),
            ("after", Some(A::Text(text))) if !text.is_empty() => Self::After(text),
            ("host", None) => Self::Host,
            ("origin", None) => Self::Origin,
            ("folders", None) => Self::Folders,
            ("join", Some(A::Text(between))) => Self::Join(between),
            ("count", None) => Self::Count,
            (known, _) if NAMES.contains(&known) => {
                return Err("another argument is needed: see the table of filters".to_owned());
            }
            _ => return Err(format!("no such filter; the filters are: {}", NAMES.join(", "))),
        })
    }

    /// The path in the filter's argument.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::DefaultPath(path) => Some(path),
            _ => None,
        }
    }

    pub(super) fn apply(
        &self,
        value: Option<Value>,
        values: &impl Values,
        path: &Path,
    ) -> Result<Option<Value>, Unusable> {
        let Some(value) = value.filter(is_present) else {
            return Ok(match self {
                Self::DefaultText(text) => Some(json!(text)),
                Self::DefaultPath(other) => values.value(other),
                _ => None,
            });
        };
        let said = || text(&value, path);
        let time = || time(&value).ok_or_else(|| Unusable::of(path, &value, "a time"));
        let money = || money(&value).ok_or_else(|| Unusable::of(path, &value, "an amount of money"));
        Ok(Some(match self {
            Self::Trim => json!(said()?.trim()),
            Self::Lowercase => json!(said()?.to_lowercase()),
            Self::Uppercase => json!(said()?.to_uppercase()),
            Self::Sha256 => json!(hex(&Sha256::digest(said()?))),
            Self::Md5 => json!(hex(&Md5::digest(said()?))),
            Self::Base64 => json!(BASE64_STANDARD.encode(said()?)),
            Self::Integer => integer(&value).ok_or_else(|| Unusable::of(path, &value, "a whole number"))?,
            Self::Number => number(&value).ok_or_else(|| Unusable::of(path, &value, "a number"))?,
            Self::Text => json!(said()?),
            Self::Bool => match &value {
                Value::Bool(_) => value,
                _ => json!(matches!(said()?.to_lowercase().as_str(), "true" | "yes" | "1" | "on")),
            },
            Self::Iso8601 => json!(time()?.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            Self::Date => json!(time()?.strftime("%Y-%m-%d").to_string()),
            Self::Unix => json!(time()?.as_second()),
            Self::UnixMs => json!(time()?.as_millisecond()),
            Self::Earlier(seconds) => {
                let at = time()?;
                json!(at.saturating_sub(SignedDuration::from_secs(*seconds)).unwrap_or(at))
            }
            Self::MoneyMajor => major(money()?),
            Self::MoneyMinor => json!(money()?.amount),
            Self::Currency => json!(money()?.currency.to_string()),
            Self::DefaultText(_) | Self::DefaultPath(_) => value,
            Self::Digits => json!(said()?.chars().filter(char::is_ascii_digit).collect::<String>()),
            Self::Take(count) => json!(said()?.chars().take(*count).collect::<String>()),
            Self::Before(end) => {
                let said = said()?;
                json!(said.split_once(end.as_str()).map_or(said.as_str(), |(before, _)| before))
            }
            Self::After(start) => match said()?.split_once(start.as_str()) {
                Some((_, after)) => json!(after),
                None => Value::Null,
            },
            Self::Host => json!(address(&said()?).and_then(|url| url.host_str().map(str::to_owned))),
            Self::Origin => json!(address(&said()?).map(|url| url.origin().ascii_serialization())),
            Self::Folders => {
                let url = address(&said()?);
                let path = url.iter().filter_map(Url::path_segments).flatten();
                json!(path.filter(|folder| !folder.is_empty()).collect::<Vec<_>>())
            }
            Self::Join(between) => {
                let list = value.as_array().ok_or_else(|| Unusable::of(path, &value, "a list"))?;
                let list = list.iter().map(|one| text(one, path)).collect::<Result<Vec<_>, _>>()?;
                json!(list.join(between))
            }
            Self::Count => json!(value.as_array().map_or(0, Vec::len)),
        }))
    }
}

/// A scalar as text.
pub(super) fn text(value: &Value, path: &Path) -> Result<String, Unusable> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Null => Ok(String::new()),
        Value::Array(_) | Value::Object(_) => Err(Unusable::new(format!("`{path}` is not a text."))),
    }
}

/// A whole number that is not negative, also if it is written as text.
pub(crate) fn integer(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) if number.is_u64() => Some(value.clone()),
        Value::String(text) => text.trim().parse::<u64>().ok().map(Value::from),
        _ => None,
    }
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => {
            integer(value).or_else(|| Number::from_f64(text.trim().parse().ok()?).map(Value::Number))
        }
        _ => None,
    }
}

/// A time: RFC 3339, or seconds since 1970.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => Timestamp::from_second(number.as_i64()?).ok(),
        _ => None,
    }
}

fn money(value: &Value) -> Option<Money> {
    serde_json::from_value(value.clone()).ok()
}

/// Major units. The shortest decimal form is exact, because an amount has fewer digits than a double can represent.
#[expect(clippy::cast_precision_loss, reason = "an amount is at most 2^53 - 1")]
fn major(money: Money) -> Value {
    let unit = 10_u64.pow(money.currency.minor_digits());
    if money.amount.is_multiple_of(unit) {
        json!(money.amount / unit)
    } else {
        json!(money.amount as f64 / unit as f64)
    }
}

fn address(text: &str) -> Option<Url> {
    Url::parse(text.trim()).ok().filter(Url::has_host)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}
