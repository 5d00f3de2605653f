//! The requests that the apps received, in order of arrival.
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::exchange::{Refusal, Request};

/// Replaces a secret.
const REDACTED: &str = "[redacted]";

/// The end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The request has not ended.
    Waiting,
    /// With this response.
    Answered(StatusCode),
    /// With a reset of its connection.
    Reset,
    /// Without a response.
    Hanging,
}

#[derive(Clone)]
struct Entry {
    seq: u64,
    at: Timestamp,
    app: &'static str,
    method: Method,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Arc<[u8]>,
    fault: Option<u64>,
    applied: bool,
    ending: Ending,
}

/// The requests to show.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// One app only.
    pub(crate) app: Option<String>,
    /// Only requests after this number.
    pub(crate) since: Option<u64>,
    /// A regular expression on the vendor's path.
    pub(crate) path: Option<String>,
    /// One method only.
    pub(crate) method: Option<String>,
    /// At most this many, oldest first; 0 only counts.
    pub(crate) limit: Option<usize>,
}

struct Recorded {
    last: u64,
    dropped: u64,
    entries: VecDeque<Arc<Entry>>,
}

/// Keeps the newest requests.
pub(crate) struct Recorder {
    keep: usize,
    kept: Mutex<Recorded>,
}

impl Recorder {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep: keep.max(1),
            kept: Mutex::new(Recorded { last: 0, dropped: 0, entries: VecDeque::new() }),
        }
    }

    /// Records an arrival and gives the request its number.
    pub(crate) fn arrive(&self, app: &'static str, request: &mut Request, fault: Option<u64>) {
        let mut entry = Entry {
            seq: 0,
            at: request.at,
            app,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: headers(&request.headers),
            // A copy, because a slice would keep the connection's whole read buffer in memory.
            body: Arc::from(&request.body[..]),
            fault,
            applied: false,
            ending: Ending::Waiting,
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        entry.seq = kept.last;
        request.seq = kept.last;
        kept.entries.push_back(Arc::new(entry));
        if kept.entries.len() > self.keep {
            kept.entries.pop_front();
            kept.dropped += 1;
        }
    }

    /// Records how a request ended and whether the app received it.
    pub(crate) fn end(&self, seq: u64, applied: bool, ending: Ending) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = kept.entries.front().map(|entry| entry.seq) else { return };
        // Numbers are consecutive; a missing one was dropped or deleted in the meantime.
        let index = seq.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        if let Some(entry) = index.and_then(|index| kept.entries.get_mut(index)) {
            let entry = Arc::make_mut(entry);
            entry.applied = applied;
            entry.ending = ending;
        }
    }

    /// Deletes all requests; numbers continue.
    pub(crate) fn clear(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entries.clear();
        kept.dropped = 0;
    }

    /// The matching requests, oldest first.
    pub(crate) fn show(&self, filter: &Filter) -> Result<Value, Refusal> {
        let path = filter
            .path
            .as_deref()
            .map(Regex::new)
            .transpose()
            .map_err(|error| Refusal::new(format!("path: {error}")))?;
        let since = filter.since.unwrap_or_default();
        let (entries, last, dropped) = {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let from = kept.entries.partition_point(|entry| entry.seq <= since);
            (kept.entries.range(from..).cloned().collect::<Vec<_>>(), kept.last, kept.dropped)
        };
        let wanted = |entry: &&Arc<Entry>| {
            filter.app.as_deref().is_none_or(|app| app == entry.app)
                && filter
                    .method
                    .as_deref()
                    .is_none_or(|method| entry.method.as_str().eq_ignore_ascii_case(method))
                && path.as_ref().is_none_or(|path| path.is_match(&entry.path))
        };
        let limit = filter.limit.unwrap_or(usize::MAX);
        let matched = entries.iter().filter(wanted).count();
        let requests: Vec<Value> =
            entries.iter().filter(wanted).take(limit).map(|entry| entry.show()).collect();
        Ok(json!({ "requests": requests, "matched": matched, "last": last, "dropped": dropped }))
    }
}

impl Entry {
    fn show(&self) -> Value {
        let (status, ended) = match self.ending {
            Ending::Waiting => (None, "waiting"),
            Ending::Answered(status) => (Some(status.as_u16()), "answered"),
            Ending::Reset => (None, "reset"),
            Ending::Hanging => (None, "hanging"),
        };
        let headers: Map<String, Value> =
            self.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        json!({
            "seq": self.seq,
            "time": self.at.to_string(),
            "app": self.app,
            "method": self.method.as_str(),
            "path": self.path,
            "query": form(self.query.as_bytes()),
            "headers": headers,
            "body": self.body(),
            "status": status,
            "ended": ended,
            "applied": self.applied,
            "fault": self.fault,
        })
    }

    fn body(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        let media_type = self.headers.iter().find(|(name, _)| name == "content-type");
        if media_type.is_some_and(|(_, value)| value.starts_with("application/x-www-form-urlencoded")) {
            return form(&self.body);
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(fields)) => Value::Object(fields.into_iter().map(hide).collect()),
            Ok(value) => value,
            Err(_) => Value::from(String::from_utf8_lossy(&self.body)),
        }
    }
}

/// Headers without the values of secrets. The scheme of `Authorization` is kept, because it differs by vendor.
fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let show = |value: &str, name: &str| match (is_secret(name), value.split_once(' ')) {
        (false, _) => value.to_owned(),
        (true, Some((scheme, _))) if name == "authorization" => format!("{scheme} {REDACTED}"),
        (true, _) => REDACTED.to_owned(),
    };
    headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), show(&String::from_utf8_lossy(value.as_bytes()), name.as_str()))
        })
        .collect()
}

/// Form fields or query parameters by name; a repeated name has a list of values.
fn form(encoded: &[u8]) -> Value {
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(encoded) {
        let (name, value) = hide((name.into_owned(), Value::from(Cow::into_owned(value))));
        match fields.get_mut(&name) {
            None => {
                fields.insert(name, value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(fields)
}

fn hide((name, value): (String, Value)) -> (String, Value) {
    let value = if is_secret(&name) { Value::from(REDACTED) } else { value };
    (name, value)
}

/// Vendors accept credentials in headers, in the query and at the top level of a body.
fn is_secret(name: &str) -> bool {
    const NAMES: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "code", "code_verifier"];
    const PARTS: [&str; 7] = ["api-key", "api_key", "apikey", "secret", "_token", "-token", "password"];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || PARTS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;

    fn request(query: &str, headers: &[(&'static str, &'static str)], body: &'static str) -> Request {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let (method, path) = (Method::POST, "/v3/tags".to_owned());
        let (at, body) = (crate::clock::now(), Bytes::from_static(body.as_bytes()));
        Request { seq: 0, at, method, path, query: query.to_owned(), headers, body }
    }

    fn shown(mut request: Request) -> Value {
        let recorder = Recorder::new(10);
        recorder.arrive("kit", &mut request, None);
        recorder.show(&Filter::default()).unwrap()["requests"][0].clone()
    }

    #[test]
    fn secrets_are_never_shown_wherever_a_vendor_takes_them() {
        let headers =
            [("authorization", "Bearer s3cr3t"), ("x-kit-api-key", "s3cr3t"), ("x-auth-api-key", "s3cr3t")];
        let entry = shown(request(
            "api_secret=s3cr3t&page=2",
            &headers,
            r#"{"api_secret":"s3cr3t","email":"a@b.c"}"#,
        ));
        assert!(!entry.to_string().contains("s3cr3t"), "{entry}");
        assert_eq!(entry["headers"]["authorization"], "Bearer [redacted]");
        assert_eq!(entry["query"], json!({ "api_secret": REDACTED, "page": "2" }));
        assert_eq!(entry["body"]["email"], "a@b.c");

        let form = [("content-type", "application/x-www-form-urlencoded")];
        let entry =
            shown(request("", &form, "grant_type=refresh_token&refresh_token=s3cr3t&client_secret=s3cr3t"));
        assert_eq!(entry["body"]["grant_type"], "refresh_token");
        assert!(!entry.to_string().contains("s3cr3t"), "{entry}");
    }

    #[test]
    fn the_oldest_are_dropped_and_the_drop_is_said() {
        let recorder = Recorder::new(2);
        for _ in 0..5 {
            let mut request = request("", &[], "not json");
            recorder.arrive("kit", &mut request, None);
            recorder.end(request.seq, true, Ending::Answered(StatusCode::OK));
        }
        recorder.end(1, false, Ending::Reset);
        let shown = recorder.show(&Filter { since: Some(4), ..Filter::default() }).unwrap();
        assert_eq!((&shown["dropped"], &shown["last"], &shown["matched"]), (&json!(3), &json!(5), &json!(1)));
        assert_eq!(shown["requests"][0]["seq"], 5);
        assert_eq!(shown["requests"][0]["body"], "not json");
        recorder.clear();
        let mut request = request("", &[], "");
        recorder.arrive("kit", &mut request, None);
        assert_eq!(request.seq, 6, "numbers are not reused");
    }
}
