//! The shared part of all stand-ins: state behind a lock that is seeded, shown and reset, and a history of the writes
//! that reached each record.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{App, Query};
use crate::clock;
use crate::exchange::{Refusal, Reply, Request, instruction};
use crate::tokens::Tokens;

/// An app's state, and its responses.
pub(super) trait Holdings: Clone + Send {
    /// The engine's id of the app.
    const ID: &'static str;
    /// The parameters that filter the state in a response.
    const NARROWED_BY: &'static [&'static str];
    /// The seed that adds to the state.
    type Seed: DeserializeOwned + Plant<Self>;

    /// The initial state.
    fn initial(at: Timestamp) -> Self;

    /// Applies a request to a path and returns its response.
    fn answer(&mut self, request: &Request, tokens: &Tokens, path: &[&str]) -> Reply;

    /// The state for tests, filtered by the parameters.
    fn state(&self, narrow: impl Fn(&str) -> Option<String>) -> Value;
}

/// A seed for an app's state.
pub(super) trait Plant<H> {
    /// Adds the whole seed. If it fails halfway, nothing is added.
    fn plant(self, holdings: &mut H, at: Timestamp) -> Result<(), Refusal>;
}

/// The response to an authorized call, or the error of a rejected one.
pub(super) fn answered<P: Into<Reply>>(answer: Result<Reply, P>) -> Reply {
    answer.unwrap_or_else(Into::into)
}

/// The stand-in of an app: one account, for every credential.
pub(super) struct StandIn<H>(Mutex<H>);

impl<H: Holdings> StandIn<H> {
    fn lock(&self) -> MutexGuard<'_, H> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: Holdings> Default for StandIn<H> {
    fn default() -> Self {
        Self(Mutex::new(H::initial(clock::now())))
    }
}

impl<H: Holdings> App for StandIn<H> {
    fn id(&self) -> &'static str {
        H::ID
    }

    fn answer(&self, request: &Request, tokens: &Tokens) -> Reply {
        let path = request.segments();
        let path: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
        self.lock().answer(request, tokens, &path)
    }

    fn state(&self, query: &Query) -> Result<Value, Refusal> {
        if let Some(name) = query.keys().find(|name| !H::NARROWED_BY.contains(&name.as_str())) {
            return Err(Refusal::new(format!("{name}: not one of {}", H::NARROWED_BY.join(", "))));
        }
        Ok(self.lock().state(|name| query.get(name).cloned()))
    }

    fn seed(&self, seed: Value) -> Result<(), Refusal> {
        let mut holdings = self.lock();
        let mut planted = holdings.clone();
        instruction::<H::Seed>(seed)?.plant(&mut planted, clock::now())?;
        *holdings = planted;
        Ok(())
    }

    fn reset(&self) {
        *self.lock() = H::initial(clock::now());
    }
}

/// The number of changes kept for each record; its counts include older changes.
const CHANGES: usize = 1000;

/// The writes that reached a record, so that a test can count how often an effect was applied.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    counts: BTreeMap<&'static str, u64>,
    changes: Vec<Value>,
}

impl History {
    /// Adds a write: its kind, whether it changed anything, and its target.
    pub(super) fn note(
        &mut self,
        request: &Request,
        kind: &'static str,
        changed: bool,
        about: impl IntoIterator<Item = (&'static str, Value)>,
    ) {
        *self.counts.entry(kind).or_default() += 1;
        if self.changes.len() < CHANGES {
            // The request's number in `/_requests`.
            let mut change =
                json!({ "at": request.at, "request": request.seq, "kind": kind, "changed": changed });
            for (name, value) in about {
                change[name] = value;
            }
            self.changes.push(change);
        }
    }

    /// The record with its history.
    pub(super) fn of(&self, mut record: Value) -> Value {
        record["counts"] = json!(self.counts);
        record["changes"] = json!(self.changes);
        record
    }
}

/// The number of writes of each kind in all records.
pub(super) fn totals<'a>(histories: impl IntoIterator<Item = &'a History>) -> BTreeMap<&'static str, u64> {
    let mut totals = BTreeMap::new();
    for (kind, count) in histories.into_iter().flat_map(|history| &history.counts) {
        *totals.entry(*kind).or_default() += count;
    }
    totals
}
