//! The whole state of the sandbox.
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::apps::{self, App, Examples, Query};
use crate::exchange::{Refusal, Reply, Request, instruction};
use crate::faults::{self, Faults};
use crate::oauth::OAuth;
use crate::recorder::Recorder;
use crate::tokens::{Standing, Tokens};

/// The apps and the operator's instructions.
pub(crate) struct World {
    pub(crate) recorder: Recorder,
    pub(crate) faults: Faults,
    pub(crate) oauth: OAuth,
    pub(crate) tokens: Tokens,
    /// Whether each request is logged to standard error.
    pub(crate) log: bool,
    apps: Vec<Box<dyn App>>,
    /// Counts resets, so that a request that waited during a reset is not applied to the new state.
    epoch: AtomicU64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judgement {
    app: String,
    token: String,
    state: Standing,
}

impl World {
    pub(crate) fn new(keep: usize, log: bool) -> Self {
        Self {
            recorder: Recorder::new(keep),
            faults: Faults::default(),
            oauth: OAuth::default(),
            tokens: Tokens::default(),
            log,
            apps: apps::all(),
            epoch: AtomicU64::new(0),
        }
    }

    /// The same with the stand-in of an app that is data, in the place of another with its id.
    pub(crate) fn with(mut self, app: &'static str, examples: Examples) -> Self {
        self.apps.retain(|known| known.id() != app);
        self.apps.push(apps::declared(app, examples));
        self
    }

    /// The app with this id.
    pub(crate) fn app(&self, id: &str) -> Result<&dyn App, Refusal> {
        let id = faults::known(id, &self.ids())?;
        self.apps
            .iter()
            .find(|app| app.id() == id)
            .map(AsRef::as_ref)
            .ok_or_else(|| Refusal::new(format!("app: no `{id}`")))
    }

    /// Applies a request to an app's OAuth or to the app itself.
    pub(crate) fn apply(&self, app: &str, request: &Request) -> Result<Reply, Refusal> {
        let app = self.app(app)?;
        let taken = self.oauth.answer(app.id(), request, &self.tokens);
        Ok(taken.unwrap_or_else(|| app.answer(request, &self.tokens)))
    }

    pub(crate) fn ids(&self) -> Vec<&'static str> {
        self.apps.iter().map(|app| app.id()).collect()
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Adds a fault; see the control with the same name.
    pub(crate) fn fault(&self, wanted: Value) -> Result<u64, Refusal> {
        self.faults.add(wanted, &self.ids())
    }

    /// Sets an app's verdict on a credential.
    pub(crate) fn token(&self, wanted: Value) -> Result<(), Refusal> {
        let Judgement { app, token, state } = instruction(wanted)?;
        self.tokens.set(self.app(&app)?.id(), token, state);
        Ok(())
    }

    /// The state of every app.
    pub(crate) fn states(&self) -> Result<Value, Refusal> {
        let states = self.apps.iter().map(|app| Ok((app.id().to_owned(), app.state(&Query::default())?)));
        Ok(Value::Object(states.collect::<Result<Map<_, _>, Refusal>>()?))
    }

    /// Restores the initial state.
    pub(crate) fn reset(&self) -> Value {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        let faults = self.faults.remove(None);
        self.oauth.reset();
        self.tokens.clear();
        for app in &self.apps {
            app.reset();
        }
        self.recorder.clear();
        json!({ "reset": true, "faults_removed": faults })
    }
}
