//! The stand-in of an app that is data, made from the `examples` of its definition.
//!
//! Its rows are read in order, and the first that matches a request is its answer. The state is a set of flags: texts that a
//! row can require, set and clear, with parts of the request in them, and on which an entry of a list in its answer can depend. `functions/connectors/README.md` describes the form.
//!
//! Seed: `{"flags": ["member ada@example.com"]}`. State: `flags`, and `counts`: how often each row changed a flag.
mod examples;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub use self::examples::Examples;
use self::examples::{Auth, Row};
use super::{App, Query};
use crate::exchange::{Refusal, Reply, Request, instruction};
use crate::tokens::{Standing, Tokens};

/// The field with the flags that an entry of a list depends on.
const IF: &str = "$if";

/// The stand-in: one account, for every credential.
pub(crate) struct Declared {
    id: &'static str,
    examples: Examples,
    state: Mutex<State>,
}

#[derive(Clone, Default)]
struct State {
    flags: BTreeSet<String>,
    counts: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    flags: Vec<String>,
}

impl Declared {
    /// The stand-in of an app.
    pub(crate) fn new(id: &'static str, examples: Examples) -> Self {
        Self { id, examples, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request has a credential that is accepted.
    fn accepts(&self, auth: &Auth, request: &Request, tokens: &Tokens) -> bool {
        let given = match (&auth.header, &auth.query) {
            (Some(header), _) => request.header(header.as_str()).map(str::to_owned),
            (None, Some(parameter)) => request.query(parameter).map(String::from),
            (None, None) => return true,
        };
        let Some(token) = given.as_deref().and_then(|given| given.strip_prefix(auth.prefix.as_str())) else {
            return false;
        };
        match tokens.standing(self.id, token) {
            Some(Standing::Valid) => true,
            Some(Standing::Revoked | Standing::Expired) => false,
            None => !token.is_empty() && !auth.refuses.iter().any(|refused| refused == token),
        }
    }

    fn answered(&self, request: &Request) -> Reply {
        let path = request.segments();
        let path: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
        let mut state = self.state();
        for row in &self.examples.answers {
            let Some(said) = Said::of(row, request, &path) else { continue };
            let has = |flag: &String| state.flags.contains(&said.flag(flag));
            if !row.requires.iter().all(has) || row.unless.iter().any(has) {
                continue;
            }
            let before = state.flags.clone();
            let answer = reply(row, &said, &before);
            state.flags.extend(row.sets.iter().map(|flag| said.flag(flag)));
            for flag in &row.clears {
                state.flags.remove(&said.flag(flag));
            }
            if state.flags != before {
                *state.counts.entry(row.request.clone()).or_default() += 1;
            }
            return answer;
        }
        Reply::json(StatusCode::NOT_FOUND, &json!({ "error": "No example answers this request." }))
    }
}

impl App for Declared {
    fn id(&self) -> &'static str {
        self.id
    }

    fn answer(&self, request: &Request, tokens: &Tokens) -> Reply {
        match &self.examples.auth {
            Some(auth) if !self.accepts(auth, request, tokens) => {
                let body = auth.refusal.clone().unwrap_or_else(|| json!({ "error": "unauthorized" }));
                Reply::json(StatusCode::from_u16(auth.status).unwrap_or(StatusCode::UNAUTHORIZED), &body)
            }
            Some(_) | None => self.answered(request),
        }
    }

    fn state(&self, _: &Query) -> Result<Value, Refusal> {
        let state = self.state();
        Ok(json!({ "flags": state.flags, "counts": state.counts }))
    }

    fn seed(&self, seed: Value) -> Result<(), Refusal> {
        let Seed { flags } = instruction(seed)?;
        self.state().flags.extend(flags.into_iter().map(|flag| flag.to_lowercase()));
        Ok(())
    }

    fn reset(&self) {
        *self.state() = State::default();
    }
}

/// The parts of a request that a row can name: `path`, `query` and `body`.
struct Said(Value);

impl Said {
    /// The parts, if the row matches the request.
    fn of(row: &Row, request: &Request, path: &[&str]) -> Option<Self> {
        let (method, pattern) = row.request.split_once(' ')?;
        if Method::from_bytes(method.as_bytes()).ok()? != request.method {
            return None;
        }
        let pattern: Vec<&str> = pattern.split('/').filter(|segment| !segment.is_empty()).collect();
        if pattern.len() != path.len() {
            return None;
        }
        let mut named = Map::new();
        for (expected, given) in pattern.iter().zip(path) {
            match expected.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) => drop(named.insert(name.to_owned(), json!(given))),
                None if expected == given => {}
                None => return None,
            }
        }
        let pairs = |text: &[u8]| {
            let pairs = url::form_urlencoded::parse(text);
            Value::Object(pairs.map(|(name, value)| (name.into_owned(), json!(value))).collect())
        };
        let is_form = request.media_type().is_some_and(|media| media == "application/x-www-form-urlencoded");
        let body = if is_form {
            pairs(&request.body)
        } else {
            serde_json::from_slice(&request.body).unwrap_or_default()
        };
        let said = Self(json!({ "path": named, "query": pairs(request.query.as_bytes()), "body": body }));
        let holds = |(name, expected): (&String, &Value)| match said.value(name) {
            Some(value) => text(&value) == text(expected),
            None => expected.is_null(),
        };
        row.with.iter().all(holds).then_some(said)
    }

    fn value(&self, path: &str) -> Option<Value> {
        let found = self.0.pointer(&format!("/{}", path.replace('.', "/")))?;
        Some(found.clone()).filter(|value| !value.is_null())
    }

    /// A flag with the parts of the request in it. Letter case is ignored, as apps ignore that of addresses.
    fn flag(&self, flag: &str) -> String {
        text(&self.filled(&json!(flag))).to_lowercase()
    }

    /// A value of an answer. An object with `$if` is left out of its list unless all these flags are set.
    fn answered(&self, value: &Value, flags: &BTreeSet<String>) -> Value {
        let is_there = |entry: &&Value| {
            let required = entry.get(IF).and_then(Value::as_array).into_iter().flatten();
            required.filter_map(Value::as_str).all(|flag| flags.contains(&self.flag(flag)))
        };
        match value {
            Value::Array(list) => {
                list.iter().filter(is_there).map(|entry| self.answered(entry, flags)).collect()
            }
            Value::Object(fields) => {
                let fields = fields.iter().filter(|(name, _)| *name != IF);
                Value::Object(
                    fields.map(|(name, value)| (name.clone(), self.answered(value, flags))).collect(),
                )
            }
            scalar => self.filled(scalar),
        }
    }

    /// A value with the parts of the request in its texts. A text that is one part keeps the part's type.
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(whole) => {
                let one = whole.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                if let Some(path) = one.filter(|path| !path.contains(['{', '}'])) {
                    return self.value(path).unwrap_or_default();
                }
                let (mut filled, mut rest) = (String::new(), whole.as_str());
                while let Some((before, after)) = rest.split_once('{') {
                    let Some((path, after)) = after.split_once('}') else { break };
                    filled.push_str(before);
                    filled.push_str(&self.value(path).as_ref().map(text).unwrap_or_default());
                    rest = after;
                }
                json!(filled + rest)
            }
            Value::Array(list) => list.iter().map(|value| self.filled(value)).collect(),
            Value::Object(fields) => {
                Value::Object(fields.iter().map(|(name, value)| (name.clone(), self.filled(value))).collect())
            }
            scalar @ (Value::Null | Value::Bool(_) | Value::Number(_)) => scalar.clone(),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn reply(row: &Row, said: &Said, flags: &BTreeSet<String>) -> Reply {
    let status = StatusCode::from_u16(row.status).unwrap_or(StatusCode::OK);
    let mut reply = match &row.json {
        Some(body) => Reply::json(status, &said.answered(body, flags)),
        None => Reply::empty(status),
    };
    for (name, value) in &row.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        {
            reply = reply.with(name, value);
        }
    }
    reply
}
