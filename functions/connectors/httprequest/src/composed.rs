//! The request that a rule describes.

use std::sync::Mutex;

use connector::call::Call;
use connector::http::header::{HeaderName, HeaderValue};
use connector::http::{Method, Url};
use declared::JobValues;
use declared::definition::{Condition, Known, Ordered, Tree};
use declared::template::{Path, Template, Unusable, Values};
use domain::outcome::{Fix, Setback};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::form_urlencoded;

use crate::account::Account;

/// The headers that are the engine's.
const OWN: [&str; 8] = [
    "host",
    "connection",
    "content-length",
    "content-type",
    "transfer-encoding",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
];
/// The most headers of a rule.
const MOST_HEADERS: usize = 20;

/// A request.
#[derive(Debug)]
pub struct Composed {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: Url,
    /// The headers of the rule.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Option<Body>,
}

/// A body.
#[derive(Debug, Default)]
pub struct Body {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub media: Option<&'static str>,
}

impl Composed {
    /// The request of a job. Every value is encoded for its place.
    ///
    /// # Errors
    /// A setting cannot be read, or names a value that does not exist.
    pub fn of(call: &Call<'_>, account: &Account) -> Result<Self, Setback> {
        let known = Event { values: JobValues::of(call), unknown: Mutex::default() };
        let composed = Self::rendered(call, account, &known);
        // It is the reason for any other error.
        match known.unknown.into_inner().unwrap_or_default() {
            Some(message) => Err(refused("template", &format!("{message}."))),
            None => composed,
        }
    }

    fn rendered(call: &Call<'_>, account: &Account, known: &Event) -> Result<Self, Setback> {
        let text = |key: &str| call.job.settings.text(key).unwrap_or_default();
        let method = match text("method") {
            "" | "POST" => Method::POST,
            "PUT" => Method::PUT,
            "PATCH" => Method::PATCH,
            "GET" => Method::GET,
            "DELETE" => Method::DELETE,
            other => return Err(refused("method", &format!("`{other}` is no method."))),
        };
        Ok(Self {
            method,
            url: url(&account.url, text("path"), known)?,
            headers: headers(text("headers"), account, known)?,
            body: body(text("body"), text("format") == "form", known)?,
        })
    }
}

/// The values of a job. A name that does not exist is remembered: its field would be left out in silence.
struct Event {
    values: JobValues,
    unknown: Mutex<Option<String>>,
}

impl Values for Event {
    fn value(&self, path: &Path) -> Option<Value> {
        if let Some(message) = JobValues::unknown(path)
            && let Ok(mut unknown) = self.unknown.lock()
        {
            unknown.get_or_insert(message);
        }
        self.values.value(path)
    }
}

impl Known for Event {
    fn holds(&self, _: &Condition) -> Result<bool, Unusable> {
        Err(Unusable { message: "`$when` is for the files of apps only.".to_owned(), setting: None })
    }
}

/// A setting that cannot be used.
fn refused(setting: &str, why: &str) -> Setback {
    let message = format!("The request cannot be made: {why}");
    Setback::rejected(
        Fix::Rule,
        message,
        format!("Edit the rule and correct its {setting}. Its preview shows the request."),
    )
}

/// The text of a template; `None` if a value in it is absent.
fn rendered(setting: &str, text: &str, known: &Event) -> Result<Option<String>, Setback> {
    let template = Template::parse(text).map_err(|why| refused(setting, &format!("{why}.")))?;
    template.text(known).map_err(|error| refused(setting, &error.to_string()))
}

/// The address with a path and a query that have no templates.
///
/// # Errors
/// A segment is `.` or `..`.
pub fn literal(base: &Url, path: &str) -> Result<Url, Setback> {
    extended(base, path, |text| Ok(Some(text.to_owned())))
}

fn url(base: &Url, path: &str, known: &Event) -> Result<Url, Setback> {
    extended(base, path, |text| rendered("path", text, known))
}

/// The address, with each segment and each parameter rendered and encoded: a value cannot leave its place.
fn extended(
    base: &Url,
    path: &str,
    render: impl Fn(&str) -> Result<Option<String>, Setback>,
) -> Result<Url, Setback> {
    let (path, query) = path.trim().split_once('?').unwrap_or((path.trim(), ""));
    let mut url = base.clone();
    if !path.is_empty() {
        let mut segments = Vec::new();
        for segment in path.trim_start_matches('/').split('/') {
            let text = render(segment)?;
            let text = text.ok_or_else(|| refused("path", &format!("`{segment}` is not known.")))?;
            if matches!(text.trim(), "." | "..") {
                return Err(refused("path", "a part of the path is `.` or `..`."));
            }
            segments.push(text);
        }
        if let Ok(mut place) = url.path_segments_mut() {
            place.pop_if_empty().extend(segments);
        }
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if let Some(value) = render(value)? {
            url.query_pairs_mut().append_pair(name, &value);
        }
    }
    Ok(url)
}

/// Headers: a JSON object of templates.
fn headers(text: &str, account: &Account, known: &Event) -> Result<Vec<(HeaderName, HeaderValue)>, Setback> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let written: Ordered<Template> = parsed("headers", text)?;
    let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
    for (name, value) in written.iter() {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| refused("headers", &format!("`{name}` is not the name of a header.")))?;
        if OWN.contains(&name.as_str()) || account.headers.iter().any(|(own, _)| *own == name) {
            return Err(refused("headers", &format!("the engine or the account sets `{name}`.")));
        }
        let value = value.text(known).map_err(|error| refused("headers", &error.to_string()))?;
        let Some(value) = value else { continue };
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| refused("headers", &format!("the value of `{name}` has a line break.")))?;
        headers.push((name, value));
    }
    if headers.len() > MOST_HEADERS {
        return Err(refused("headers", &format!("there are more than {MOST_HEADERS} headers.")));
    }
    Ok(headers)
}

/// A setting that is JSON. serde's message has the merchant's own text only, with its place.
fn parsed<T: DeserializeOwned>(setting: &str, text: &str) -> Result<T, Setback> {
    serde_json::from_str(text)
        .map_err(|error| refused(setting, &format!("its {setting} cannot be read as JSON: {error}.")))
}

/// The body: JSON whose texts are templates, sent as JSON or as a form.
fn body(text: &str, is_form: bool, known: &Event) -> Result<Option<Body>, Setback> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let unusable = |error: Unusable| refused("body", &error.to_string());
    if !is_form {
        let tree: Tree = parsed("body", text)?;
        let value =
            tree.value(known).map_err(unusable)?.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        return Ok(Some(Body { bytes: value.to_string().into_bytes(), media: Some("application/json") }));
    }
    let fields: Ordered<Tree> = parsed("body", text)?;
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, tree) in fields.iter() {
        let values = match tree.value(known).map_err(unusable)? {
            None => Vec::new(),
            Some(Value::Array(list)) => list,
            Some(value) => vec![value],
        };
        for value in values {
            match value {
                Value::String(text) => form.append_pair(name, &text),
                Value::Null => &mut form,
                Value::Bool(_) | Value::Number(_) => form.append_pair(name, &value.to_string()),
                Value::Array(_) | Value::Object(_) => {
                    return Err(refused(
                        "body",
                        &format!("`{name}` is not a text, and a form has only texts."),
                    ));
                }
            };
        }
    }
    let bytes = form.finish().into_bytes();
    Ok(Some(Body { bytes, media: Some("application/x-www-form-urlencoded") }))
}
