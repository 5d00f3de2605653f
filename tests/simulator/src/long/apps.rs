//! The apps: the stand-ins of the sandbox behind a network that loses, delays and refuses.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use futures::stream;
use http_body_util::StreamBody;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Body, Request, Response};
use sandbox::Bytes;
use sandbox::http::{self, StatusCode};
use serde_json::{Value, json};

use super::shop::MARKETPLACE;
use crate::aws::Clock;

/// How long the shipped client waits for a response.
const PATIENCE: Duration = Duration::from_secs(20);

/// How an app handles requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It fails, and nothing was done.
    Down,
    /// It does what was asked, and then fails.
    FailsAfter,
    /// It accepts no calls for this number of seconds, if it says so.
    Busy(Option<u32>),
    /// It refuses the credentials.
    RefusesCredentials,
    /// It answers after this number of seconds.
    Slow(u32),
    /// It does not answer; whether it does what was asked.
    Silent(bool),
    /// It resets the connection; whether it does what was asked first.
    Resets(bool),
    /// It answers with a page that is no answer; whether it does what was asked first.
    Wrong(bool),
    /// It will never accept the request.
    Rejects,
}

impl Mood {
    pub(super) fn some(rng: &mut Rng) -> Self {
        match rng.u8(..12) {
            0 | 1 => Self::Down,
            2 => Self::FailsAfter,
            3 => Self::Busy(Some(rng.u32(1..7_000))),
            4 => Self::Busy(None),
            5 => Self::RefusesCredentials,
            6 => Self::Slow(rng.u32(1..26)),
            7 => Self::Silent(rng.bool()),
            8 => Self::Resets(rng.bool()),
            9 => Self::Wrong(rng.bool()),
            10 => Self::Rejects,
            _ => Self::Busy(Some(rng.u32(1..60))),
        }
    }

    /// Whether the app does what was asked.
    fn does(self) -> bool {
        match self {
            Self::FailsAfter
            | Self::Slow(_)
            | Self::Silent(true)
            | Self::Resets(true)
            | Self::Wrong(true) => true,
            Self::Down
            | Self::Busy(_)
            | Self::RefusesCredentials
            | Self::Silent(false)
            | Self::Resets(false)
            | Self::Wrong(false)
            | Self::Rejects => false,
        }
    }
}

/// The apps and their network.
pub(super) struct Apps {
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    stand_ins: sandbox::Apps,
    rng: Rng,
    /// The probability of a fault of a call, besides those of the moods.
    faults: f64,
    moods: BTreeMap<String, (Mood, Timestamp)>,
    /// For each message, the number of times that its sender cannot know whether it arrived.
    excuses: BTreeMap<String, u32>,
    /// For each message, the time that the receiver named.
    not_before: BTreeMap<String, Timestamp>,
    violation: Option<String>,
    timeline: Option<Vec<(Timestamp, String)>>,
}

impl Apps {
    pub(super) fn new(seed: u64, clock: Clock, traced: bool) -> Self {
        let state = State {
            stand_ins: sandbox::Apps::default(),
            rng: Rng::with_seed(seed),
            faults: 0.04,
            moods: BTreeMap::new(),
            excuses: BTreeMap::new(),
            not_before: BTreeMap::new(),
            violation: None,
            timeline: traced.then(Vec::new),
        };
        Self { clock, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives an app a mood for a while.
    pub(super) fn set_mood(&self, app: &str, mood: Mood, until: Timestamp) {
        self.state().moods.insert(app.to_owned(), (mood, until));
    }

    /// From now on, every call succeeds.
    pub(super) fn end_faults(&self) {
        let mut state = self.state();
        state.moods.clear();
        state.faults = 0.0;
    }

    /// The state of an app.
    pub(super) fn holdings(&self, app: &str) -> Value {
        self.state().stand_ins.state(app).unwrap_or_default()
    }

    /// The number of times that a message may have arrived.
    pub(super) fn allowed(&self, message: &str) -> u64 {
        1 + u64::from(self.state().excuses.get(message).copied().unwrap_or_default())
    }

    /// An operator asked for another run of a message, at once.
    pub(super) fn forget_limits(&self) {
        self.state().not_before.clear();
    }

    pub(super) fn violation(&self) -> Option<String> {
        self.state().violation.clone()
    }

    pub(super) fn timeline(&self) -> Vec<(Timestamp, String)> {
        self.state().timeline.take().unwrap_or_default()
    }

    /// Answers a request.
    pub(super) async fn answer(&self, request: Request) -> reqwest::Result<Response> {
        let (app, message) = self.arrives(&request);
        let (mood, way) = self.fate(&app);
        tokio::time::sleep(way).await;
        let patience = request.timeout().copied().unwrap_or(PATIENCE);
        if let Some(Mood::Slow(seconds)) = mood {
            let slow = Duration::from_secs(u64::from(seconds));
            tokio::time::sleep(slow.min(patience)).await;
        }
        let answer = if mood.is_none_or(Mood::does) { Some(self.perform(&request)) } else { None };
        let is_late = matches!(mood, Some(Mood::Slow(seconds)) if u64::from(seconds) >= patience.as_secs());
        let is_unknown = mood.is_some_and(|mood| mood.does() && (is_late || !matches!(mood, Mood::Slow(_))));
        if let Some(message) = message.filter(|_| is_unknown) {
            self.excuse(&message);
        }
        self.note(|| format!("{app}: {} {}: {mood:?}", request.method(), request.url().path()));
        let now = self.clock.now();
        match (mood, answer) {
            (Some(Mood::Slow(_)), _) if is_late => Err(failure(io::ErrorKind::TimedOut).await),
            (Some(Mood::Silent(_)), _) => {
                tokio::time::sleep(patience).await;
                Err(failure(io::ErrorKind::TimedOut).await)
            }
            (Some(Mood::Resets(_)), _) => Err(failure(io::ErrorKind::ConnectionReset).await),
            // A removal needs no answer but its status, so Kit's connector takes a page with 200 for a success.
            (Some(Mood::Wrong(_)), _) if *request.method() == http::Method::DELETE => {
                Ok(text(StatusCode::BAD_GATEWAY, "<html><title>Maintenance</title></html>"))
            }
            (Some(Mood::Wrong(_)), _) => Ok(text(StatusCode::OK, "<html><title>Maintenance</title></html>")),
            (Some(Mood::Down), _) => Ok(json_of(StatusCode::SERVICE_UNAVAILABLE, &json!({}))),
            (Some(Mood::FailsAfter), _) => Ok(json_of(StatusCode::INTERNAL_SERVER_ERROR, &json!({}))),
            (Some(Mood::Rejects), _) => {
                Ok(json_of(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "errors": ["Not accepted"] })))
            }
            (Some(Mood::RefusesCredentials), _) => {
                let body = json!({ "errors": ["The access token is invalid"], "title": "API Key Invalid" });
                Ok(json_of(StatusCode::UNAUTHORIZED, &body))
            }
            (Some(Mood::Busy(seconds)), _) => {
                let mut response = json_of(StatusCode::TOO_MANY_REQUESTS, &json!({}));
                if let Some(seconds) = seconds {
                    let until = now + SignedDuration::from_secs(i64::from(seconds));
                    if let Some(id) = message_of(&request) {
                        self.state().not_before.insert(id, until);
                    }
                    response.headers_mut().insert("retry-after", seconds.into());
                }
                Ok(response)
            }
            (_, Some(answer)) => Ok(answer),
            (_, None) => Ok(json_of(StatusCode::NOT_FOUND, &json!({}))),
        }
    }

    /// The app of a request, and its message.
    fn arrives(&self, request: &Request) -> (String, Option<String>) {
        let app = request.url().path().split('/').nth(1).unwrap_or_default().to_owned();
        let message = message_of(request);
        if let Some(id) = &message {
            Sent::add(id);
            let now = self.clock.now();
            let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let mut state = self.state();
            if state.not_before.get(id).is_some_and(|until| *until > now) {
                let broken = format!("{id} was sent at {now}, before the time that the receiver named");
                state.violation.get_or_insert(broken);
            }
            if body["type"] != "test" && body["data"]["marketplace_id"] != MARKETPLACE {
                state.violation.get_or_insert(format!("{id} has another marketplace's event"));
            }
        }
        (app, message)
    }

    fn fate(&self, app: &str) -> (Option<Mood>, Duration) {
        let now = self.clock.now();
        let mut state = self.state();
        let State { rng, moods, faults, .. } = &mut *state;
        let way = Duration::from_millis(rng.u64(20..600));
        let lasting = moods.get(app).filter(|(_, until)| *until > now).map(|(mood, _)| *mood);
        let lasting = lasting.filter(|_| rng.u8(..10) > 0);
        let by_chance = (rng.f64() < *faults).then(|| Mood::some(rng));
        // Credentials and rejections have lasting consequences, so they come in phases only.
        let by_chance = by_chance.filter(|mood| !matches!(mood, Mood::RefusesCredentials | Mood::Rejects));
        (lasting.or(by_chance), way)
    }

    /// The stand-in does what is asked.
    fn perform(&self, request: &Request) -> Response {
        let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
        let url = request.url();
        let path = url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let mut asked = http::Request::new(Bytes::copy_from_slice(body));
        *asked.method_mut() = request.method().clone();
        *asked.uri_mut() = path.parse().unwrap_or_default();
        *asked.headers_mut() = request.headers().clone();
        match self.state().stand_ins.apply(asked, self.clock.now()) {
            Ok(response) => Response::from(response),
            Err(refusal) => text(StatusCode::NOT_FOUND, &refusal.to_string()),
        }
    }

    fn excuse(&self, message: &str) {
        *self.state().excuses.entry(message.to_owned()).or_default() += 1;
    }

    fn note(&self, what: impl FnOnce() -> String) {
        let now = self.clock.now();
        if let Some(timeline) = &mut self.state().timeline {
            timeline.push((now, what()));
        }
    }
}

/// The id of a message.
fn message_of(request: &Request) -> Option<String> {
    Some(request.headers().get("webhook-id")?.to_str().ok()?.to_owned())
}

fn text(status: StatusCode, body: &str) -> Response {
    let mut response = http::Response::new(Bytes::copy_from_slice(body.as_bytes()));
    *response.status_mut() = status;
    Response::from(response)
}

fn json_of(status: StatusCode, body: &Value) -> Response {
    let mut response = text(status, &body.to_string());
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

/// The error of a connection that ends.
///
/// # Panics
/// reqwest reads a body that fails.
#[expect(clippy::expect_used, reason = "the body fails")]
async fn failure(kind: io::ErrorKind) -> reqwest::Error {
    let fails = stream::iter([Err::<http_body::Frame<Bytes>, _>(io::Error::from(kind))]);
    let response = Response::from(http::Response::new(Body::wrap(StreamBody::new(fails))));
    response.bytes().await.expect_err("the body fails")
}

tokio::task_local! {
    static SENT: Arc<Mutex<Vec<String>>>;
}

/// The messages that an invocation has sent. If it ends before it has recorded their results, the results are unknown.
pub(super) struct Sent<'a> {
    apps: &'a Apps,
    messages: Arc<Mutex<Vec<String>>>,
}

impl<'a> Sent<'a> {
    pub(super) fn by(apps: &'a Apps) -> Self {
        Self { apps, messages: Arc::default() }
    }

    /// Collects the messages that the future sends.
    pub(super) async fn during<F: Future>(&self, future: F) -> F::Output {
        SENT.scope(Arc::clone(&self.messages), future).await
    }

    /// The invocation has recorded its results.
    pub(super) fn recorded(&self) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn add(message: &str) {
        // Operators send messages outside of invocations.
        let add = |sent: &Arc<Mutex<Vec<String>>>| {
            sent.lock().unwrap_or_else(PoisonError::into_inner).push(message.to_owned());
        };
        SENT.try_with(add).ok();
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        let messages = std::mem::take(&mut *self.messages.lock().unwrap_or_else(PoisonError::into_inner));
        for message in messages {
            self.apps.excuse(&message);
        }
    }
}
