//! The meaning of an answer.
//!
//! The rows of the request come first, then those of the app. An answer that no row takes means what it means for every
//! app: a rate limit or a temporary fault; a success, if its status says so and it has what the request's `success` asks for; a
//! rejection, if it has an error's text; and otherwise an answer that does not come from the app's API. Nothing else is a success.

use connector::failure::{Field, Said, gone, tells};
use connector::http::{Answer, retry_after};
use domain::outcome::{Fix, Outcome, Setback};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::condition::{same, texts};
use super::{Case, Failure, Run, at};
use crate::definition::{Errors, Kind, NamedFields, Request, Row, Unit, Wait};
use crate::template::{Text, Unusable};

/// An answer that was understood.
pub(super) enum Understood {
    /// The request succeeded. Null: the body is empty, or is not JSON.
    Success(Value),
    /// The action ends.
    End(Outcome),
}

/// An error document.
struct Document {
    body: Value,
    words: String,
    fields: Vec<Field>,
}

impl Run<'_> {
    /// Reads an answer to a request.
    pub(super) fn understood(&self, answer: &Answer, request: &Request) -> Result<Understood, Failure> {
        let calls = &self.app.definition.calls;
        let status = answer.status;
        let body = match answer.json::<Value>() {
            Ok(body) => body,
            // A firewall's page: whatever the rows say, it is no success.
            Err(unreadable) if status.is_success() && !answer.is_empty() => return Err(unreadable.into()),
            Err(_) => Value::Null,
        };
        let document = Document {
            words: words(&body, &calls.errors),
            fields: calls.errors.fields.iter().flat_map(|named| fields(&body, named)).collect(),
            body,
        };
        let said =
            if document.words.is_empty() { Said::of(answer) } else { Said::new(answer, &document.words) };
        let row = request
            .answers
            .iter()
            .chain(&calls.answers)
            .find(|row| self.takes(row, answer, &document, &said));
        if let Some(row) = row {
            return self.taken(row, answer, document, &said);
        }
        if let Some(setback) = self.passing(answer, &document.body) {
            return Err(setback.into());
        }
        if status.is_success() && request.success.is_in(status.as_u16(), &document.body) {
            return Ok(Understood::Success(document.body));
        }
        if status.is_client_error() && !document.words.is_empty() {
            return Err(Failure { fields: document.fields.into(), ..said.request_rejected().into() });
        }
        Err(answer.unreadable().into())
    }

    fn taken(
        &self,
        row: &Row,
        answer: &Answer,
        document: Document,
        said: &Said,
    ) -> Result<Understood, Failure> {
        let texts = Texts {
            reason: self.said(row.reason.as_ref())?,
            hint: self.said(row.hint.as_ref())?,
            fix: row.fix,
        };
        let then = row.then.unwrap_or(Kind::Rejected);
        let setback = match then {
            Kind::Success => return Ok(Understood::Success(document.body)),
            Kind::Done => return Ok(Understood::End(Outcome::Done { note: texts.reason })),
            Kind::Already => return Ok(Understood::End(Outcome::AlreadySo { note: texts.reason })),
            Kind::RateLimited => {
                let wait = &self.app.definition.calls.wait;
                let until = named_time(wait, answer, &document.body, self.now)
                    .unwrap_or_else(|| answer.call_again(self.now, row.wait.unwrap_or(wait.default)));
                let limited = answer.limited_until(until);
                match texts {
                    Texts { reason: None, .. } => limited,
                    texts => limited.map_reason(|_| texts.rejected(said, "").into_reason()),
                }
            }
            _ => self.setback(then, &texts, said, row.what.as_deref()),
        };
        let mut fields = document.fields;
        fields
            .extend(row.fields.iter().map(|name| Field { name: name.clone(), why: said.words().to_owned() }));
        let case = row.case.as_deref().map(|name| Case::Answered(name.into()));
        Err(Failure { setback, case, fields: fields.into() })
    }

    /// The setback of a kind of outcome.
    pub(super) fn setback(&self, kind: Kind, texts: &Texts, said: &Said, what: Option<&str>) -> Setback {
        let statement = texts.reason.as_deref();
        let label = &self.app.definition.manifest.label;
        match kind {
            Kind::Transient => match statement {
                Some(statement) => Setback::transient(full(statement, said)),
                None => Setback::transient(said.after(format!("{label} failed for now"))),
            },
            Kind::Precondition => Setback::precondition_missing(full(statement.unwrap_or_default(), said)),
            Kind::Reconnect => {
                let hint = texts.hint.clone().unwrap_or_else(|| "Connect the account again.".to_owned());
                Setback::reconnect(full(statement.unwrap_or_default(), said), hint)
            }
            Kind::AddressRejected => said.address_rejected(),
            Kind::Gone => gone(self.app.app, what.unwrap_or("record")),
            Kind::Rejected
            | Kind::RateLimited
            | Kind::AsAnswered
            | Kind::Done
            | Kind::Already
            | Kind::Success => match texts {
                Texts { reason: None, hint: None, .. } => said.request_rejected(),
                texts => texts.rejected(said, label),
            },
        }
    }

    fn takes(&self, row: &Row, answer: &Answer, document: &Document, said: &Said) -> bool {
        row.method.as_ref().is_none_or(|method| *method == self.method.key)
            && takes(row, answer, document, said)
    }

    /// A text for the merchant.
    pub(super) fn said(&self, text: Option<&Text>) -> Result<Option<String>, Setback> {
        let said = text.map(|text| text.text(self)).transpose();
        Ok(said.map_err(|error: Unusable| self.unusable(&error))?.flatten())
    }

    /// A rate limit or a temporary fault.
    fn passing(&self, answer: &Answer, body: &Value) -> Option<Setback> {
        let wait = &self.app.definition.calls.wait;
        let named = named_time(wait, answer, body, self.now);
        match (named, answer.status.as_u16()) {
            (Some(until), 429 | 503) => Some(answer.limited_until(until)),
            _ => answer.passing(self.now, wait.default),
        }
    }
}

/// The texts of a row for the merchant, and the part that has to change.
pub(super) struct Texts {
    pub(super) reason: Option<String>,
    pub(super) hint: Option<String>,
    pub(super) fix: Option<Fix>,
}

impl Texts {
    fn rejected(&self, said: &Said, label: &str) -> Setback {
        let by_default = || format!("If the message does not help, try the same by hand in {label}.");
        let hint = self.hint.clone().unwrap_or_else(by_default);
        let statement = self.reason.clone().unwrap_or_else(|| format!("{label} rejected the request"));
        Setback::rejected(self.fix, full(&statement, said), hint)
    }
}

/// A statement, and the app's own text unless the statement ends with a full stop.
fn full(statement: &str, said: &Said) -> String {
    if statement.ends_with('.') { statement.to_owned() } else { said.after(statement) }
}

/// Whether a row takes an answer.
fn takes(row: &Row, answer: &Answer, document: &Document, said: &Said) -> bool {
    if !row.status.has(answer.status.as_u16()) {
        return false;
    }
    if row.header.as_deref().is_some_and(|name| answer.header(name).is_none()) {
        return false;
    }
    let Some(pointer) = &row.at else {
        let is_document = !document.words.is_empty() || answer.status.is_success();
        return (row.bare || is_document) && phrased(&row.text, said.words());
    };
    let value = at(&document.body, &pointer.path);
    let is_one = |expected: &Value| match value {
        Some(value) => same(value, expected),
        None => expected.is_null(),
    };
    let expected = row.is.iter().chain(&row.within);
    let states_value = row.is.is_some() || !row.within.is_empty();
    let is_expected = expected.into_iter().any(is_one);
    let text = || value.map(texts).unwrap_or_default().join(" ");
    let is_there = value.is_some() || states_value || pointer.optional;
    is_there && (is_expected || !states_value) && phrased(&row.text, &text())
}

fn phrased(phrases: &[String], text: &str) -> bool {
    let text = text.to_lowercase();
    phrases.is_empty() || phrases.iter().any(|phrase| tells(&phrase.to_lowercase(), &text))
}

/// The text of an error document.
fn words(body: &Value, errors: &Errors) -> String {
    let between = errors.between.as_deref().unwrap_or(": ");
    let found: Vec<String> = errors
        .text
        .iter()
        .filter_map(|pointer| at(body, &pointer.path))
        .flat_map(|value| said(value, between))
        .filter(|text| !text.trim().is_empty())
        .collect();
    let is_vague = |text: &String| {
        errors.vague.iter().any(|vague| text.to_lowercase().starts_with(&vague.to_lowercase()))
    };
    let (vague, telling): (Vec<String>, Vec<String>) = found.into_iter().partition(is_vague);
    let kept = if telling.is_empty() { vague } else { telling };
    kept.join(" ")
}

/// The texts of a value; those by field with the field's name.
fn said(value: &Value, between: &str) -> Vec<String> {
    match value {
        Value::Null | Value::Bool(_) => Vec::new(),
        Value::Number(number) => vec![number.to_string()],
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(|value| said(value, between)).collect(),
        Value::Object(fields) => {
            let named = |(name, value): (&String, &Value)| {
                let texts = said(value, between).into_iter();
                let is_text = matches!(name.as_str(), "message" | "detail" | "title" | "error" | "code");
                let text = |text| if is_text { text } else { format!("{name}{between}{text}") };
                texts.map(text).collect::<Vec<_>>()
            };
            fields.iter().flat_map(named).collect()
        }
    }
}

/// The fields that an error document names.
fn fields(body: &Value, named: &NamedFields) -> Vec<Field> {
    let why = |value: Option<&Value>| value.map(texts).unwrap_or_default().join(" ");
    let short = |name: &str| {
        let prefix = named.prefix.as_deref().unwrap_or_default();
        name.strip_prefix(prefix).unwrap_or(name).to_owned()
    };
    match (at(body, &named.at.path), &named.name) {
        (Some(Value::Object(fields)), None) => {
            fields.iter().map(|(name, value)| Field { name: short(name), why: why(Some(value)) }).collect()
        }
        // A list of objects with texts by field.
        (Some(Value::Array(list)), None) => {
            let fields = list.iter().filter_map(Value::as_object).flatten();
            fields.map(|(name, value)| Field { name: short(name), why: why(Some(value)) }).collect()
        }
        (Some(Value::Array(list)), Some(name)) => {
            let field = |entry: &Value| {
                let reason = named.why.as_ref().and_then(|why| at(entry, &why.path));
                Some(Field { name: short(at(entry, &name.path)?.as_str()?), why: why(reason) })
            };
            list.iter().filter_map(field).collect()
        }
        _ => Vec::new(),
    }
}

/// A number with its unit: `100`, `1.5`, `100 seconds`, `2m`, `250 ms`. Without one, the unit is `by_default`.
fn span(text: &str, by_default: &str) -> Option<SignedDuration> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (text[..end].parse::<f64>().ok()?, text[end..].trim().to_ascii_lowercase());
    let unit = if unit.is_empty() { by_default } else { &unit };
    let seconds = match unit {
        "ms" | "millisecond" | "milliseconds" => number / 1000.0,
        "s" | "sec" | "secs" | "second" | "seconds" => number,
        "m" | "min" | "mins" | "minute" | "minutes" => number * 60.0,
        "h" | "hour" | "hours" => number * 3600.0,
        _ => return None,
    };
    SignedDuration::try_from_secs_f64(seconds).ok()
}

/// The time that an answer names besides `Retry-After`.
fn named_time(wait: &Wait, answer: &Answer, body: &Value, now: Timestamp) -> Option<Timestamp> {
    let header = wait.header.as_deref().and_then(|name| answer.header(name)).map(str::to_owned);
    let value = wait.at.as_ref().and_then(|pointer| at(body, &pointer.path));
    let text = header.or_else(|| value.map(|value| texts(value).join(" ")))?;
    let text = text.trim();
    let after = |wait: SignedDuration| now.saturating_add(wait).ok();
    let until = match wait.unit {
        Unit::Seconds => after(span(text, "s")?)?,
        Unit::Milliseconds => after(span(text, "ms")?)?,
        Unit::Epoch => match (text.len(), text.parse::<i64>().ok()) {
            (13, Some(number)) => Timestamp::from_millisecond(number).ok()?,
            (10, Some(number)) => Timestamp::from_second(number).ok()?,
            // Too small for a time since 1970.
            _ => after(span(text, "s")?)?,
        },
        Unit::Date => text.parse().ok().or_else(|| retry_after(text, now))?,
    };
    let wait_for = until.duration_since(now);
    // A time in the past means "now", which would cause a busy loop.
    (wait_for <= wait.longest)
        .then(|| now.saturating_add(wait_for.max(SignedDuration::from_secs(1))).unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_vendors_write_it() {
        let millis = |text: &str, unit: &str| span(text, unit).map(|span| span.as_millis());
        for (text, expected) in [
            ("100", Some(100_000)),
            ("100 seconds", Some(100_000)),
            ("1 second", Some(1_000)),
            ("1.5", Some(1_500)),
            ("2m", Some(120_000)),
            ("1 Hour", Some(3_600_000)),
            ("250 ms", Some(250)),
            ("soon", None),
            ("-5", None),
            ("1.2.3", None),
            ("5 fortnights", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(millis(text, "s"), expected, "{text:?}");
        }
        assert_eq!(millis("1500", "ms"), Some(1_500));
        assert_eq!(millis(&"9".repeat(400), "s"), None);
    }
}
