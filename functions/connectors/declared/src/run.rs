//! Performs the steps of an action.

mod answer;
mod condition;
mod list;
mod request;
mod steps;
mod values;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use connector::call::{Access, Call, Grant};
use connector::credentials::Credentials;
use connector::failure;
use connector::http::Origin;
use domain::manifest::Method;
use domain::options::OptionItem;
use domain::outcome::{Fix, Outcome, Setback};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

pub use self::values::JobValues;
pub(crate) use self::values::Names;
use crate::Declared;
use crate::definition::Definition;
use crate::template::{Path, Unusable};

/// A defect that the check of a definition rules out.
const NO_OUTCOME: &str = "the steps of the action have no outcome";
/// The most requests of one attempt.
const MOST_REQUESTS: u32 = 40;
/// The most requests of an option list: pages of 10 entries reach the most that is stored.
const MOST_PAGES: u32 = 1000;
/// The most steps of one attempt, with those that are performed for each entry of a list.
const MOST_STEPS: u32 = 2000;

/// Why a call failed.
type Failure = failure::Failure<Case>;

/// The case of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Case {
    /// The answer has the case of this name, from a row of the definition.
    Answered(Box<str>),
    /// The steps only ask for a state, and their next request would change the app.
    WouldChange,
}

/// One attempt at an action, a connection test or an option list.
struct Run<'r> {
    app: &'r Declared,
    credentials: &'r Credentials,
    method: &'r Method,
    origin: Origin,
    now: Timestamp,
    /// The values that templates name.
    names: Held<Names>,
    /// The values that are regarded as unknown.
    hidden: Held<Vec<Path>>,
    /// Notes for the outcome.
    notes: Held<Vec<String>>,
    /// Notes of fields that the app rejected.
    left_out: Held<Vec<String>>,
    requests: AtomicU32,
    most_requests: u32,
    steps: AtomicU32,
    /// Whether the steps only ask for a state: the first request that is not a GET ends them.
    asks: bool,
}

/// A value that steps change. One attempt is one task, so nothing waits for it.
#[derive(Debug, Default)]
struct Held<T>(Mutex<T>);

impl<T> Held<T> {
    fn get(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Performs a job.
pub(crate) async fn perform(app: &Declared, call: &Call<'_>) -> Outcome {
    let Some(steps) = app.definition.calls.actions.get(&call.job.action) else {
        return call.unknown_action();
    };
    let run = match Run::begin(app, call.credentials, call.now, MOST_REQUESTS) {
        Ok(run) => run,
        Err(setback) => return setback.into(),
    };
    let action = app.definition.manifest.action(&call.job.action);
    for setting in action.iter().flat_map(|action| &action.settings).filter(|setting| setting.required) {
        if let Err(setback) = call.setting(&setting.key) {
            return setback.into();
        }
    }
    run.names.get().job(call);
    let outcome = match run.sequence(steps, None).await {
        Ok(Some(outcome)) => outcome,
        // The check of a definition makes every way end.
        Ok(None) => run.defect(NO_OUTCOME).into(),
        Err(failure) => Outcome::from(failure),
    };
    run.noted(outcome)
}

/// Asks whether the app is in the state that a job's action sets; `None`: the definition does not say how. The action's steps are
/// performed up to the first change. The opposite's answer is the other way round.
pub(crate) async fn is_as_set(app: &Declared, call: &Call<'_>) -> Result<Option<bool>, Setback> {
    let Definition { manifest, calls } = &*app.definition;
    let asked = |key: &str| calls.states.iter().any(|known| known == key);
    let opposite = manifest.action(&call.job.action).and_then(|action| action.opposite.as_deref());
    let action = match opposite {
        _ if asked(&call.job.action) => &call.job.action,
        Some(opposite) if asked(opposite) => opposite,
        Some(_) | None => return Ok(None),
    };
    let Some(steps) = calls.actions.get(action) else { return Ok(None) };
    let run = Run { asks: true, ..Run::begin(app, call.credentials, call.now, MOST_REQUESTS)? };
    run.names.get().job(call);
    let is_so = match run.sequence(steps, None).await {
        Ok(Some(Outcome::AlreadySo { .. } | Outcome::Done { .. })) => true,
        Err(failure) if failure.is(&Case::WouldChange) => false,
        // The action has a reason not to change the app, so the app is not in its state.
        Ok(Some(Outcome::Failed(Setback::Rejected { .. } | Setback::PreconditionMissing { .. }))) => false,
        Ok(Some(Outcome::Failed(setback))) => return Err(setback),
        Ok(None) => return Err(run.defect(NO_OUTCOME)),
        Err(failure) => return Err(failure.setback),
    };
    Ok(Some(is_so == (action == call.job.action)))
}

/// Asks which account the credentials belong to.
pub(crate) async fn identify(app: &Declared, access: &Access<'_>) -> Result<Option<String>, Setback> {
    let run = Run::begin(app, access.credentials, access.now, MOST_REQUESTS)?;
    let identify = &app.definition.calls.identify;
    run.test(&identify.steps).await?;
    let account = identify.account.as_ref().map(|text| text.text(&run)).transpose();
    Ok(account.map_err(|error| run.unusable(&error))?.flatten())
}

/// Reads an option list.
pub(crate) async fn options(
    app: &Declared,
    access: &Access<'_>,
    key: &str,
) -> Result<Option<Vec<OptionItem>>, Setback> {
    let Some(list) = app.definition.calls.lists.get(key) else { return Ok(None) };
    let run = Run::begin(app, access.credentials, access.now, MOST_PAGES)?;
    Ok(Some(run.option_list(list).await?))
}

/// The values to store of a login.
pub(crate) async fn granted(app: &Declared, grant: &Grant<'_>) -> Result<Vec<(String, String)>, Setback> {
    let Some(granted) = &app.definition.calls.granted else { return Ok(Vec::new()) };
    let run = Run::begin(app, grant.access.credentials, grant.access.now, MOST_REQUESTS)?;
    run.names.get().set("token", Value::Object(grant.answer.clone()));
    run.test(&granted.steps).await?;
    let mut values = Vec::new();
    for (name, text) in granted.values.iter() {
        let value = text.text(&run).map_err(|error| run.unusable(&error))?;
        values.extend(value.map(|value| (name.to_owned(), value)));
    }
    Ok(values)
}

impl<'r> Run<'r> {
    fn begin(
        app: &'r Declared,
        credentials: &'r Credentials,
        now: Timestamp,
        most_requests: u32,
    ) -> Result<Self, Setback> {
        let method = app.method(credentials)?;
        let names = Names::new(app, credentials, now);
        let origin = app.origin(&names)?;
        Ok(Self {
            app,
            credentials,
            method,
            origin,
            now,
            names: Held(Mutex::new(names)),
            hidden: Held::default(),
            notes: Held::default(),
            left_out: Held::default(),
            requests: AtomicU32::new(0),
            most_requests,
            steps: AtomicU32::new(0),
            asks: false,
        })
    }

    /// Performs steps that only read.
    async fn test(&self, steps: &[crate::definition::Step]) -> Result<(), Setback> {
        match self.sequence(steps, None).await {
            Ok(None) => Ok(()),
            Ok(Some(Outcome::Failed(setback))) => Err(setback),
            Ok(Some(Outcome::Done { .. } | Outcome::AlreadySo { .. })) => {
                Err(self.defect("a test ends with a success"))
            }
            Err(failure) => Err(failure.setback),
        }
    }

    /// The outcome with the notes of the steps. A failure keeps them for a later success.
    fn noted(&self, outcome: Outcome) -> Outcome {
        let (notes, left_out) = (self.notes.get(), self.left_out.get());
        let joined = |own: Option<String>| {
            let all: Vec<String> =
                own.into_iter().chain(notes.iter().chain(left_out.iter()).cloned()).collect();
            (!all.is_empty()).then(|| all.join(" "))
        };
        match outcome {
            Outcome::Done { note } => Outcome::Done { note: joined(note) },
            Outcome::AlreadySo { note } => Outcome::AlreadySo { note: joined(note) },
            Outcome::Failed(setback) => Outcome::Failed(setback.map_reason(|reason| {
                match joined(reason.note.as_ref().map(|note| note.0.clone())) {
                    Some(note) => reason.note(note),
                    None => reason,
                }
            })),
        }
    }

    /// The setback of a value that a place does not accept.
    fn unusable(&self, error: &Unusable) -> Setback {
        if let (Some((name, value)), Some(texts)) = (&error.setting, &self.app.definition.calls.unusable) {
            let mut names = Names::default();
            names.set("name", Value::from(name.as_str()));
            names.set("value", Value::from(value.as_str()));
            if let (Ok(Some(reason)), Ok(Some(hint))) = (texts.reason.text(&names), texts.hint.text(&names)) {
                return Setback::rejected(Fix::Rule, reason, hint);
            }
        }
        Setback::rejected(
            error.setting.is_some().then_some(Fix::Rule),
            error.to_string(),
            "Edit the rule and choose again, or correct the customer's data.",
        )
    }

    /// The setback of a definition that does not do what it says.
    fn defect(&self, what: &str) -> Setback {
        let label = &self.app.definition.manifest.label;
        Setback::rejected(
            None,
            format!("The engine cannot perform this action in {label}: {what}."),
            "The operator of this service has to correct the definition of the app.",
        )
    }

    /// Counts one more, unless there are as many as allowed.
    fn counts(count: &AtomicU32, most: u32) -> bool {
        count.fetch_add(1, Ordering::Relaxed) < most
    }

    /// The text of a credential, without surrounding blanks.
    fn credential(&self, key: &str) -> Result<String, Setback> {
        Ok(self.credentials.get(key)?.expose_secret().trim().to_owned())
    }
}

/// The value at a JSON pointer; null and blank text are absent.
fn at<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    value.pointer(pointer).filter(|value| crate::template::is_present(value))
}

/// An object as a value.
fn object(fields: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let present = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests;
