//! The meaning of answers.

use domain::outcome::Fix;
use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use super::Pointer;
use crate::template::{Text, is_present};

/// The place of an error's text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// The places of the text; all texts below each are joined.
    #[serde(default)]
    pub text: Vec<Pointer>,
    /// Beginnings of texts that say nothing. Such a text is not quoted if there is another.
    #[serde(default)]
    pub vague: Vec<String>,
    /// The text between the name of a field and its text, if an object has texts by field.
    #[serde(default)]
    pub between: Option<String>,
    /// The place of the fields that the app rejects.
    #[serde(default)]
    pub fields: Vec<NamedFields>,
}

/// The place of rejected fields: an object with texts by field, or a list of objects that each name a field.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedFields {
    /// The object or list.
    pub at: Pointer,
    /// In an entry of a list: the place of the name.
    #[serde(default)]
    pub name: Option<Pointer>,
    /// In an entry of a list: the place of the reason.
    #[serde(default)]
    pub why: Option<Pointer>,
    /// The beginning of a name before the field itself: `/data/attributes/`.
    #[serde(default)]
    pub prefix: Option<String>,
}

/// The end of a rate limit. `Retry-After` is read without being named.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// The wait if the answer names no time.
    #[serde(default = "minute", deserialize_with = "duration")]
    pub default: SignedDuration,
    /// The header with the time.
    #[serde(default)]
    pub header: Option<String>,
    /// The place of the time in the answer.
    #[serde(default)]
    pub at: Option<Pointer>,
    /// Its unit.
    #[serde(default)]
    pub unit: Unit,
    /// The longest wait that is accepted; a longer one is ignored.
    #[serde(default = "hour", deserialize_with = "duration")]
    pub longest: SignedDuration,
}

impl Default for Wait {
    fn default() -> Self {
        let (default, longest) = (minute(), hour());
        Self { default, header: None, at: None, unit: Unit::Seconds, longest }
    }
}

fn minute() -> SignedDuration {
    SignedDuration::from_mins(1)
}

fn hour() -> SignedDuration {
    SignedDuration::from_hours(1)
}

/// The unit of a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds from now, unless the text names another unit: `100`, `100 seconds`, `2 minutes`.
    #[default]
    Seconds,
    /// Milliseconds from now, unless the text names another unit.
    Milliseconds,
    /// Seconds since 1970 (10 digits) or milliseconds since 1970 (13 digits). A shorter number is seconds from now.
    Epoch,
    /// A date, in ISO 8601 or as in `Retry-After`.
    Date,
}

/// The outcome of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The action ends: the app made the change.
    Done,
    /// The action ends: the state was as requested.
    Already,
    /// The request succeeded, and the next step follows.
    Success,
    /// A temporary failure of the app.
    Transient,
    /// Something that the action needs does not exist yet.
    Precondition,
    /// The app accepts no calls for a time.
    RateLimited,
    /// The app refuses the credentials.
    Reconnect,
    /// The app never accepts this.
    Rejected,
    /// The app rejects the contact's e-mail address.
    AddressRejected,
    /// Something that the rule names no longer exists.
    Gone,
    /// The outcome of the answer whose case is handled.
    AsAnswered,
}

/// A row of a table of answers. All its conditions must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The status: `404`, `4xx`, or a list of them.
    pub status: Status,
    /// The connection method of the account.
    #[serde(default)]
    pub method: Option<String>,
    /// The place of a value.
    #[serde(default)]
    pub at: Option<Pointer>,
    /// The value there.
    #[serde(default)]
    pub is: Option<Value>,
    /// The values of which one is there.
    #[serde(default, rename = "in")]
    pub within: Vec<Value>,
    /// Phrases of which the error's text (or, with `at`, the value) has one, ignoring letter case. `…` is any text in
    /// between.
    #[serde(default)]
    pub text: Vec<String>,
    /// A header that the answer has.
    #[serde(default)]
    pub header: Option<String>,
    /// Whether an answer without an error's text counts too, such as an empty one or a web page.
    #[serde(default)]
    pub bare: bool,
    /// The name under which a step handles the answer.
    #[serde(default)]
    pub case: Option<String>,
    /// The outcome. With a `case`: if no step handles it; `rejected` if absent.
    #[serde(default)]
    pub then: Option<Kind>,
    /// The reason. The app's own text follows it, unless it ends with a full stop.
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
    /// The wait, for `rate_limited`, if the answer names no time.
    #[serde(default, deserialize_with = "optional_duration")]
    pub wait: Option<SignedDuration>,
    /// Fields of the request that this answer rejects.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// The signs of a success: an answer with a 2xx and one of them is one. Without any, every 2xx is one whose body is JSON
/// or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Success(pub Vec<Sign>);

/// A sign of a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// Exactly this status, which is not 200: proxies and firewalls answer 200 too.
    Status(u16),
    /// A value in the body.
    At(Pointer),
    /// The body is an empty object.
    Empty,
}

impl Success {
    /// Whether an answer with a 2xx has one of the signs.
    pub fn is_in(&self, status: u16, body: &Value) -> bool {
        let has = |sign: &Sign| match sign {
            Sign::Status(wanted) => status == *wanted,
            Sign::At(pointer) => body.pointer(&pointer.path).is_some_and(is_present),
            Sign::Empty => body.as_object().is_some_and(Map::is_empty),
        };
        self.0.is_empty() || self.0.iter().any(has)
    }
}

impl<'de> Deserialize<'de> for Success {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sign = |written: &Value| match written {
            Value::Number(number) => {
                let status = u16::try_from(number.as_u64()?).ok();
                status.filter(|status| (201..300).contains(status)).map(Sign::Status)
            }
            Value::String(text) => {
                let pointer = Pointer::try_from(text.clone()).ok();
                pointer.filter(|pointer| !pointer.optional && !pointer.path.is_empty()).map(Sign::At)
            }
            Value::Object(fields) if fields.is_empty() => Some(Sign::Empty),
            _ => None,
        };
        let signs = one_or_more(deserializer, sign)?;
        signs.map(Self).ok_or_else(|| {
            de::Error::custom(
                "a success has a status from 201 to 299, such as 204, or a place in the body, such as `/data/id`, or the body `{}`, \
                 or is a list of them",
            )
        })
    }
}

/// A value or a list of values; `None` if it is empty or one of them is not as it must be.
fn one_or_more<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<Vec<T>>, D::Error> {
    let list = match Value::deserialize(deserializer)? {
        Value::Array(list) => list,
        one => vec![one],
    };
    let values: Option<Vec<T>> = list.iter().map(read).collect();
    Ok(values.filter(|values| !values.is_empty()))
}

/// Statuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status(pub Vec<(u16, u16)>);

impl Status {
    /// Whether a status is one of these.
    pub fn has(&self, status: u16) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&status))
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ranges = one_or_more(deserializer, range)?;
        ranges.map(Self).ok_or_else(|| {
            de::Error::custom(
                "a status is a number from 200 to 599, `2xx`, `3xx`, `4xx` or `5xx`, or a list of them",
            )
        })
    }
}

fn range(value: &Value) -> Option<(u16, u16)> {
    match value {
        Value::Number(number) => {
            let status = u16::try_from(number.as_u64()?).ok().filter(|status| (200..600).contains(status))?;
            Some((status, status))
        }
        Value::String(text) => {
            let first: u16 = text.strip_suffix("xx")?.parse().ok().filter(|first| (2..6).contains(first))?;
            Some((first * 100, first * 100 + 99))
        }
        _ => None,
    }
}

/// `90s`, `5m` or `6h`.
fn parsed(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().last()?;
    let number: i64 =
        text.strip_suffix(unit)?.parse().ok().filter(|number| (1..=100_000).contains(number))?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return None,
    };
    Some(SignedDuration::from_secs(number * seconds))
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SignedDuration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parsed(&text).ok_or_else(|| {
        de::Error::custom(format!("`{text}` is not a time: write seconds, minutes or hours as 90s, 5m or 6h"))
    })
}

fn optional_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SignedDuration>, D::Error> {
    duration(deserializer).map(Some)
}
