//! A recorded request as it is shown.

use domain::connector_rpc::PreviewedRequest;
use reqwest::Request;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Map, Value};
use url::form_urlencoded;

/// Replaces a credential.
pub(crate) const HIDDEN: &str = "[hidden]";
/// The headers whose values are shown. Any other header may have a credential.
const OPEN: [&str; 6] =
    ["accept", "content-type", "version", "webhook-id", "webhook-timestamp", "x-auth-subdomain"];

/// The request, whose texts passed `replace`. Of headers that may have a credential, the name only.
pub(crate) fn shown(request: &Request, replace: &impl Fn(&str) -> String) -> PreviewedRequest {
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        let is_open = OPEN.contains(&name.as_str());
        let value = value.to_str().ok().filter(|_| is_open).map_or_else(|| HIDDEN.to_owned(), replace);
        (name.to_string(), value)
    };
    PreviewedRequest {
        method: request.method().to_string(),
        url: replace(request.url().as_str()),
        headers: request.headers().iter().map(header).collect(),
        body: body(request).map(|body| replaced(body, replace)),
    }
}

/// The body as JSON: that of the request, the fields of a form, or its text.
fn body(request: &Request) -> Option<Value> {
    let bytes = request.body()?.as_bytes()?;
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let fields = form_urlencoded::parse(bytes);
        let field = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
            (name.into_owned(), Value::from(value.into_owned()))
        };
        return Some(Value::Object(fields.map(field).collect()));
    }
    let text = || Value::from(String::from_utf8_lossy(bytes).into_owned());
    Some(serde_json::from_slice(bytes).unwrap_or_else(|_| text()))
}

/// The value with every text replaced. The number of a placeholder becomes a text.
pub(crate) fn replaced(value: Value, replace: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::from(replace(&text)),
        Value::Array(list) => list.into_iter().map(|value| replaced(value, replace)).collect(),
        Value::Object(fields) => {
            let field = |(name, value)| (name, replaced(value, replace));
            Value::Object(fields.into_iter().map(field).collect::<Map<_, _>>())
        }
        Value::Number(number) => {
            let said = number.to_string();
            let shown = replace(&said);
            if shown == said { Value::Number(number) } else { Value::from(shown) }
        }
        scalar @ (Value::Null | Value::Bool(_)) => scalar,
    }
}
