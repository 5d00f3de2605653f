//! Reads and validates the body of a write.
use serde_json::{Map, Value};

use super::account::{MergeField, Status};
use super::problem::Problem;
use crate::exchange::Request;

/// A JSON object with the problems found so far.
struct Fields {
    object: Map<String, Value>,
    errors: Vec<(String, String)>,
}

impl Fields {
    fn read(request: &Request) -> Result<Self, Problem> {
        if request.media_type().as_deref() != Some("application/json") {
            return Err(Problem::not_json());
        }
        match serde_json::from_slice(&request.body) {
            Ok(Value::Object(object)) => Ok(Self { object, errors: Vec::new() }),
            Ok(other) => Err(Problem::invalid_field("", mismatch("object", &other))),
            Err(_) => Err(Problem::unreadable()),
        }
    }

    /// A field's value through `read`; `None` if it is null or absent, and an error if it is invalid.
    fn take<T>(
        &mut self,
        name: &str,
        wanted: &str,
        read: impl FnOnce(Value) -> Result<T, Value>,
    ) -> Option<T> {
        match self.object.remove(name).filter(|value| !value.is_null()).map(read)? {
            Ok(value) => Some(value),
            Err(value) => {
                self.errors.push((name.to_owned(), mismatch(wanted, &value)));
                None
            }
        }
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.take(name, "string", |value| match value {
            Value::String(text) => Ok(text),
            other => Err(other),
        })
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        self.take(name, "boolean", |value| value.as_bool().ok_or(value))
    }

    fn object(&mut self, name: &str) -> Option<Map<String, Value>> {
        self.take(name, "object", |value| match value {
            Value::Object(object) => Ok(object),
            other => Err(other),
        })
    }

    fn list(&mut self, name: &str) -> Option<Vec<Value>> {
        self.take(name, "array", |value| match value {
            Value::Array(list) => Ok(list),
            other => Err(other),
        })
    }

    fn status(&mut self, name: &str, allowed: &[(&'static str, Status)]) -> Option<Status> {
        let text = self.text(name)?;
        let status = allowed.iter().find(|(known, _)| *known == text).map(|(_, status)| *status);
        if status.is_none() {
            let allowed: Vec<&str> = allowed.iter().map(|(known, _)| *known).collect();
            let message = format!("Value must be one of: {}; got: {text}", allowed.join(", "));
            self.errors.push((name.to_owned(), message));
        }
        status
    }

    fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid_fields(self.errors)) }
    }
}

/// The changes of a request to a member.
pub(super) struct Written {
    pub(super) email: Option<String>,
    pub(super) status: Option<Status>,
    pub(super) status_if_new: Option<Status>,
    pub(super) merge_fields: Option<Map<String, Value>>,
    pub(super) email_type: Option<String>,
    pub(super) language: Option<String>,
    pub(super) vip: Option<bool>,
    /// Tag names, which only a new member gets.
    pub(super) tags: Vec<String>,
    /// Whether members without required merge fields are accepted.
    pub(super) lenient: bool,
}

impl Written {
    /// Reads a member's fields; `statuses` lists the statuses that the call may write.
    pub(super) fn read(request: &Request, statuses: &[(&'static str, Status)]) -> Result<Self, Problem> {
        let mut fields = Fields::read(request)?;
        let written = Self {
            email: fields.text("email_address"),
            status: fields.status("status", statuses),
            status_if_new: fields.status("status_if_new", &Status::WRITABLE),
            merge_fields: fields.object("merge_fields"),
            email_type: fields.text("email_type"),
            language: fields.text("language"),
            vip: fields.flag("vip"),
            tags: fields.list("tags").unwrap_or_default().iter().filter_map(tag_name).collect(),
            lenient: request.query("skip_merge_validation").as_deref() == Some("true"),
        };
        fields.finish()?;
        if written.email.as_deref().is_some_and(|email| !is_address(email)) {
            return Err(Problem::invalid_address());
        }
        Ok(written)
    }
}

fn tag_name(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// The tags to switch, each with whether it becomes active.
pub(super) fn tags(request: &Request) -> Result<Vec<(String, bool)>, Problem> {
    let mut fields = Fields::read(request)?;
    let list = fields.list("tags");
    fields.flag("is_syncing");
    fields.finish()?;
    let read = |(index, tag): (usize, &Value)| {
        let name = tag["name"].as_str().filter(|name| !name.trim().is_empty());
        let on = match tag["status"].as_str() {
            Some("active") => Some(true),
            Some("inactive") => Some(false),
            _ => None,
        };
        match (name, on) {
            (None, _) => {
                Err((format!("tags.item:{index}.name"), "This value should not be blank.".to_owned()))
            }
            (_, None) => Err((
                format!("tags.item:{index}.status"),
                format!("Value must be one of: inactive, active; got: {}", tag["status"]),
            )),
            (Some(name), Some(on)) => Ok((name.to_owned(), on)),
        }
    };
    let list = list.ok_or_else(|| Problem::missing("tags"))?;
    let tags = list.iter().enumerate().map(read).collect::<Result<_, _>>();
    tags.map_err(|error| Problem::invalid_fields(vec![error]))
}

/// A member's merge fields after a request wrote `given`; tags that the audience does not have are ignored.
pub(super) fn merge(
    known: &[MergeField],
    current: &Map<String, Value>,
    given: &Map<String, Value>,
    lenient: bool,
) -> Result<Map<String, Value>, Problem> {
    let mut merged = current.clone();
    let mut errors = Vec::new();
    for field in known {
        if let Some(value) = given.get(&field.tag) {
            if let Some(message) = misfit(&field.kind, value) {
                errors.push((field.tag.clone(), message.to_owned()));
            }
            merged.insert(field.tag.clone(), value.clone());
        }
        if field.required && !lenient && merged.get(&field.tag).is_none_or(is_blank) {
            errors.push((field.tag.clone(), "Please enter a value".to_owned()));
        }
    }
    if errors.is_empty() { Ok(merged) } else { Err(Problem::invalid_merge_fields(errors)) }
}

/// The error of a value for a field of this kind.
fn misfit(kind: &str, value: &Value) -> Option<&'static str> {
    match kind {
        _ if is_blank(value) => None,
        "number" => {
            let numeric =
                value.is_number() || value.as_str().is_some_and(|text| text.trim().parse::<f64>().is_ok());
            (!numeric).then_some("Please enter a number")
        }
        "address" => {
            let parts = ["addr1", "city", "state", "zip"];
            let complete = parts.iter().all(|part| !value.get(part).is_none_or(is_blank));
            (!complete).then_some("Please enter a complete address")
        }
        _ => None,
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Object(parts) => parts.values().all(is_blank),
        _ => false,
    }
}

/// Whether the text can be an address; whether it looks fake is the vendor's judgment.
fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else { return false };
    let plain =
        |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "@,;".contains(c));
    plain(local)
        && plain(domain)
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
}

fn mismatch(wanted: &str, value: &Value) -> String {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("Schema describes {wanted}, {found} found instead")
}
