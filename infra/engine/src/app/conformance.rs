//! Performs a definition's actions against the stand-in that its examples describe, with every kind of failure.

use std::fmt::Write as _;
use std::time::Duration;

use connector::call::{Access, Call, Connector};
use connector::credentials::Credentials;
use connector::http::HttpSettings;
use declared::Declared;
use declared::definition::{Definition, Kind, Request, Row, Sign, all};
use declared::template::Template;
use domain::app::App;
use domain::job::Job;
use domain::manifest::{Action, EffectKind, Switch};
use domain::outcome::{Outcome, Setback};
use jiff::SignedDuration;
use runtime::clock;
use sandbox::{Examples, Sandbox};
use serde_json::{Map, Value, json};

/// How long the stand-in may hang.
const PATIENCE: Duration = Duration::from_millis(400);
/// The failure that is a success of some requests.
const EMPTY: &str = "200 with an empty object";
/// The wait that a rate limit names.
const NAMED: i64 = 120;

/// Runs every check and returns a line for each that failed.
pub(super) async fn run(definition: &Definition, examples: &Examples) -> Result<Vec<String>, String> {
    let app = definition.manifest.app;
    let sandbox = Sandbox::with(app.key(), examples.clone()).await.map_err(|error| error.to_string())?;
    let mut settings = HttpSettings::with_sandbox(&sandbox.url()).map_err(|error| error.to_string())?;
    let connector = Declared::of(definition.clone(), &settings).map_err(|error| error.to_string())?;
    settings.request_timeout = PATIENCE;
    let impatient = Declared::of(definition.clone(), &settings).map_err(|error| error.to_string())?;
    let credentials = json!(examples.credentials).to_string();
    let credentials = Credentials::parse(credentials.as_bytes()).map_err(|error| error.to_string())?;
    let mut checks =
        Checks { app, sandbox, connector, impatient, credentials, definition, failed: Vec::new() };
    checks.account().await;
    for action in &definition.manifest.actions {
        let own = examples.actions.get(&action.key);
        let opposite = action.opposite.as_ref().and_then(|key| examples.actions.get(key));
        let settings = own.or(opposite).map(|performed| performed.settings.clone());
        let unknown = examples.actions.get(&action.key).and_then(|performed| performed.unknown.clone());
        let settings = settings.unwrap_or_default();
        checks.action(action, &settings).await;
        if let Some(unknown) = unknown {
            checks.sandbox.reset();
            let outcome = checks.perform(action, &unknown).await;
            checks.expect(&action.key, "with an unknown target", &outcome, "be rejected", is_rejected);
        }
        checks.failures(Deed::Act(action, &settings)).await;
    }
    Ok(checks.failed)
}

/// A failure of the app: its name, the stand-in's fault, what must happen, and whether it did.
type Case = (&'static str, Value, &'static str, fn(&Outcome) -> bool);

/// The reason why the app is called.
#[derive(Clone, Copy)]
enum Deed<'d> {
    /// The connection test.
    Identify,
    /// An option list.
    List(&'d str),
    /// An action with its settings.
    Act(&'d Action, &'d Map<String, Value>),
}

impl<'d> Deed<'d> {
    fn name(self) -> &'d str {
        match self {
            Self::Identify => "identify",
            Self::List(key) => key,
            Self::Act(action, _) => &action.key,
        }
    }
}

struct Checks<'d> {
    app: App,
    sandbox: Sandbox,
    connector: Declared,
    /// The same for a stand-in that hangs.
    impatient: Declared,
    credentials: Credentials,
    definition: &'d Definition,
    failed: Vec<String>,
}

impl Checks<'_> {
    /// The connection test and the option lists, with each kind of failure.
    async fn account(&mut self) {
        let definition = self.definition;
        let lists = definition.manifest.option_lists.iter().map(|list| Deed::List(&list.key));
        for deed in [Deed::Identify].into_iter().chain(lists) {
            self.sandbox.reset();
            let outcome = self.does(deed).await;
            self.expect(deed.name(), "by itself", &outcome, "succeed", is_success);
            self.failures(deed).await;
        }
    }

    /// Performed, repeated, undone.
    async fn action(&mut self, action: &Action, settings: &Map<String, Value>) {
        let is_off = matches!(action.effect, EffectKind::State { desired: Switch::Off, .. });
        let opposite = action.opposite.as_deref().and_then(|key| self.definition.manifest.action(key));
        self.sandbox.reset();
        if let (true, Some(opposite)) = (is_off, opposite) {
            let outcome = self.perform(action, settings).await;
            self.expect(&action.key, "before it was given", &outcome, "succeed", is_success);
            self.perform(opposite, settings).await;
        }
        let outcome = self.perform(action, settings).await;
        self.expect(&action.key, "the first time", &outcome, "succeed", is_success);
        let after = self.flags();
        let outcome = self.perform(action, settings).await;
        self.expect(&action.key, "again", &outcome, "succeed", is_success);
        if matches!(action.effect, EffectKind::State { .. }) && self.flags() != after {
            self.failed.push(format!("{}: performed twice, it changes the app twice", action.key));
        }
        if let (false, Some(opposite)) = (is_off, opposite) {
            let outcome = self.perform(opposite, settings).await;
            self.expect(&opposite.key, "to undo it", &outcome, "succeed", is_success);
            if !after.is_empty() && self.flags() == after {
                self.failed.push(format!("{}: does not undo {}", opposite.key, action.key));
            }
        }
    }

    /// Each kind of failure, at each request.
    async fn failures(&mut self, deed: Deed<'_>) {
        self.prepare(deed).await;
        let before = self.sandbox.requests(self.app.key()).len();
        self.does(deed).await;
        let sent = self.sandbox.requests(self.app.key()).split_off(before);
        let text = self.document();
        let page = json!("<html>Attention</html>");
        let mut faults: Vec<Case> = vec![
            ("401", json!({ "status": 401, "body": text }), "need a new connection", is_reconnect),
            ("429", json!({ "status": 429 }), "wait", is_limited),
            (
                "429 with Retry-After",
                json!({ "status": 429, "headers": { "retry-after": NAMED.to_string() } }),
                "wait as long as it says",
                is_limited_as_named,
            ),
            ("500", json!({ "status": 500 }), "be retried", is_transient),
            ("no answer", json!({ "hang": "before" }), "be retried", is_transient),
            ("a reset connection", json!({ "reset": "before" }), "be retried", is_transient),
            ("200 with a web page", json!({ "status": 200, "body": page }), "not succeed", is_failed),
            ("200 with an empty body", json!({ "status": 200, "body": "" }), "not succeed", is_failed),
            ("403 with a web page", json!({ "status": 403, "body": page }), "not succeed", is_failed),
            ("404 with a web page", json!({ "status": 404, "body": page }), "not succeed", is_failed),
            (
                "a redirect",
                json!({ "status": 302, "headers": { "location": "https://example.com/" } }),
                "not succeed",
                is_failed,
            ),
        ];
        faults.push((EMPTY, json!({ "status": 200, "body": {} }), "not succeed", is_failed));
        // A status that a row calls a success, or that a step handles, may end well.
        for (name, status) in [("403", 403), ("404", 404), ("409", 409), ("422", 422)] {
            if !self.handles(status) {
                faults.push((name, json!({ "status": status, "body": text }), "not succeed", is_failed));
            }
        }
        for (place, request) in sent.iter().enumerate() {
            for (name, fault, expected, holds) in &faults {
                if *name == EMPTY && self.is_empty_success(request) {
                    continue;
                }
                self.prepare(deed).await;
                if place > 0 {
                    let app = self.app.key();
                    drop(self.sandbox.fault(json!({ "app": app, "delay_ms": 0, "count": place })));
                }
                let hangs = fault.get("hang").is_some();
                let mut fault = fault.clone();
                fault["count"] = json!(1);
                fault["app"] = json!(self.app.key());
                if let Err(error) = self.sandbox.fault(fault) {
                    self.failed.push(format!("{}: {name}: {error}", deed.name()));
                    continue;
                }
                let connector = if hangs { &self.impatient } else { &self.connector };
                let outcome = self.does_with(connector, deed).await;
                let case = format!("with {name} at request {}", place + 1);
                self.expect(deed.name(), &case, &outcome, expected, *holds);
            }
        }
    }

    /// The state before a deed: the opposite of an action that removes was performed.
    async fn prepare(&self, deed: Deed<'_>) {
        self.sandbox.reset();
        let Deed::Act(action, settings) = deed else { return };
        let opposite = action.opposite.as_deref().and_then(|key| self.definition.manifest.action(key));
        if let (EffectKind::State { desired: Switch::Off, .. }, Some(opposite)) = (&action.effect, opposite) {
            self.perform(opposite, settings).await;
        }
    }

    /// Whether an empty object is the app's own success of a request that was sent.
    fn is_empty_success(&self, sent: &Value) -> bool {
        let path = sent["path"].as_str().unwrap_or_default();
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        self.requests().any(|request| {
            let after = segments.len().saturating_sub(request.path.len());
            let is_same = |(expected, found): (&Template, &&str)| {
                expected.literal().is_none_or(|literal| literal == *found)
            };
            request.success.0.contains(&Sign::Empty)
                && sent["method"] == request.method.method().as_str()
                && request.path.iter().zip(&segments[after..]).all(is_same)
        })
    }

    /// Whether a row handles a status itself.
    fn handles(&self, status: u16) -> bool {
        let ends_well = |row: &Row| {
            let then =
                row.then.is_some_and(|then| matches!(then, Kind::Done | Kind::Already | Kind::Success));
            row.status.has(status) && row.text.is_empty() && row.at.is_none() && (then || row.case.is_some())
        };
        let calls = &self.definition.calls;
        calls.answers.iter().any(ends_well)
            || self.requests().any(|request| request.answers.iter().any(ends_well))
    }

    /// The requests of all actions, and those of the connection test.
    fn requests(&self) -> impl Iterator<Item = &Request> {
        let calls = &self.definition.calls;
        let steps = calls.actions.values().chain(calls.blocks.values()).chain([&calls.identify.steps]);
        steps.flat_map(|steps| all("", steps)).filter_map(|(_, step)| step.request())
    }

    /// An error document of the app.
    fn document(&self) -> Value {
        let mut document = json!({});
        let Some(pointer) = self.definition.calls.errors.text.first() else { return document };
        let names: Vec<&str> = pointer.path.split('/').skip(1).collect();
        let mut value = json!("The example's error.");
        for name in names.iter().rev() {
            value = if name.parse::<usize>().is_ok() { json!([value]) } else { json!({ *name: value }) };
        }
        std::mem::swap(&mut document, &mut value);
        document
    }

    fn flags(&self) -> Vec<Value> {
        let state = self.sandbox.state(self.app.key()).unwrap_or_default();
        state["flags"].as_array().cloned().unwrap_or_default()
    }

    async fn does(&self, deed: Deed<'_>) -> Outcome {
        self.does_with(&self.connector, deed).await
    }

    async fn does_with(&self, connector: &Declared, deed: Deed<'_>) -> Outcome {
        let access = Access { credentials: &self.credentials, now: clock::now() };
        let read = match deed {
            Deed::Act(action, settings) => return self.perform_with(connector, action, settings).await,
            Deed::Identify => connector.identify(&access).await.map(|_| ()),
            Deed::List(key) => connector.options(&access, key).await.map(|_| ()),
        };
        read.map_or_else(Outcome::from, |()| Outcome::DONE)
    }

    async fn perform(&self, action: &Action, settings: &Map<String, Value>) -> Outcome {
        self.perform_with(&self.connector, action, settings).await
    }

    async fn perform_with(
        &self,
        connector: &Declared,
        action: &Action,
        settings: &Map<String, Value>,
    ) -> Outcome {
        let Some(job) = job(self.app, action, settings) else {
            return Setback::rejected(None, "The check cannot make a job of these settings.", "").into();
        };
        let call = Call { job: &job, credentials: &self.credentials, attempt: 1, now: clock::now() };
        connector.perform(&call).await
    }

    fn expect(
        &mut self,
        action: &str,
        case: &str,
        outcome: &Outcome,
        expected: &str,
        holds: fn(&Outcome) -> bool,
    ) {
        if !holds(outcome) {
            self.failed.push(format!("{action} {case} must {expected}, but: {}", told(outcome)));
        }
    }
}

/// A purchase of Ada's.
pub(super) fn job(app: App, action: &Action, settings: &Map<String, Value>) -> Option<Job> {
    let now = clock::now();
    let money = json!({ "amount": 4900, "currency": "USD" });
    let mut job = json!({
        "v": "1", "id": format!("job_{}", "0".repeat(58)), "marketplace": "example", "integration": "int_1", "app": "webhook",
        "rule": "rul_1", "trigger": "product_purchased", "action": action.key, "settings": settings,
        "contact": { "email": "ada+shop@example.com", "first_name": "Ada", "last_name": "Lovelace" },
        "effect": { "key": "0".repeat(24), "intent": "on" }, "occurred_at": now, "ordered_at": now, "line": "li_1",
    });
    if action.reads_fact() {
        job["payload"] = json!({
            "id": "ord_1.completed", "marketplace_id": "example", "occurred_at": now, "test_mode": false,
            "customer": { "id": "cus_1", "email": "ada+shop@example.com", "first_name": "Ada" },
            "order": { "id": "ord_1", "total": money },
            "item": { "line_id": "li_1", "product_id": "rye", "name": "Rye", "role": "primary", "quantity": 1, "price": money },
        });
    }
    let job: Job = serde_json::from_value(job).ok()?;
    Some(Job { app, ..job })
}

/// An outcome as a line.
pub(super) fn told(outcome: &Outcome) -> String {
    let mut said = String::new();
    let (kind, note) = match outcome {
        Outcome::Done { note } => ("done", note.clone()),
        Outcome::AlreadySo { note } => ("already so", note.clone()),
        Outcome::Failed(setback) => {
            let kind = match setback {
                Setback::Transient { .. } => "retried",
                Setback::PreconditionMissing { .. } => "not yet",
                Setback::RateLimited { .. } => "waits",
                Setback::ReconnectNeeded { .. } => "needs a new connection",
                Setback::Rejected { .. } => "rejected",
            };
            (kind, Some(setback.clone().into_reason().message))
        }
    };
    // Writing to a string cannot fail.
    write!(said, "{kind}").ok();
    if let Some(note) = note {
        write!(said, ": {note}").ok();
    }
    said
}

fn is_success(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { .. } | Outcome::AlreadySo { .. })
}

fn is_failed(outcome: &Outcome) -> bool {
    !is_success(outcome)
}

fn is_rejected(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(Setback::Rejected { .. }))
}

fn is_reconnect(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(Setback::ReconnectNeeded { .. }))
}

fn is_transient(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(Setback::Transient { .. }))
}

fn is_limited(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(Setback::RateLimited { .. }))
}

fn is_limited_as_named(outcome: &Outcome) -> bool {
    let Outcome::Failed(Setback::RateLimited { until, .. }) = outcome else { return false };
    let wait = until.duration_since(clock::now());
    (SignedDuration::from_secs(NAMED - 10)..=SignedDuration::from_secs(NAMED)).contains(&wait)
}
