//! The apps: the stand-ins of the sandbox behind a network that loses, delays and refuses. Each marketplace has an account
//! of its own at each app.

mod request;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use connector::http::HttpError;
use connector::http::network::Network;
use domain::app::App;
use fastrand::Rng;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream;
use http_body_util::StreamBody;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Body, Request, Response};
use sandbox::Bytes;
use sandbox::http::{self, StatusCode};
use serde_json::{Value, json};

use super::shop::{MARKETPLACES, SANDBOX};
use super::tenants;
use crate::aws::Clock;
use crate::coverage::{self, Reached};
use request::Asked;

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

/// The tokens of the app with a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// How many seconds an access token is valid.
    pub lasts: u32,
    /// For how many seconds a used refresh token returns its pair again; 0: it never does.
    pub reuse: u32,
}

impl Tokens {
    pub(super) fn some(rng: &mut Rng) -> Self {
        let lasts = [90, 600, 3_600, 86_399][rng.usize(..4)];
        Self { lasts, reuse: if rng.bool() { rng.u32(10..120) } else { 0 } }
    }
}

/// The apps and their network.
pub(super) struct Apps {
    clock: Clock,
    reached: Reached,
    state: Mutex<State>,
}

struct State {
    /// By marketplace.
    stand_ins: Vec<sandbox::Apps>,
    rng: Rng,
    /// The probability of a fault of a call, besides those of the moods.
    faults: f64,
    moods: BTreeMap<String, (Mood, Timestamp)>,
    /// The marketplace of each code and token of a login.
    tokens: BTreeMap<String, usize>,
    /// For each deed of a request, the number of times that its sender cannot know whether it was done.
    excuses: BTreeMap<String, u32>,
    /// For each message, the time that the receiver named.
    not_before: BTreeMap<String, Timestamp>,
    /// The accounts whose credentials an app refused, since they were connected.
    refused: BTreeSet<(App, usize)>,
    violation: Option<String>,
    timeline: Option<Vec<(Timestamp, String)>>,
}

impl Apps {
    pub(super) fn new(seed: u64, clock: Clock, tokens: Tokens, reached: Reached, traced: bool) -> Self {
        let stand_ins: Vec<_> = MARKETPLACES.iter().map(|_| sandbox::Apps::default()).collect();
        for apps in &stand_ins {
            let lasting = json!({ "expires_in": tokens.lasts, "reuse": tokens.reuse });
            // The app has a login.
            apps.oauth(App::HIGHLEVEL.key(), lasting).ok();
        }
        let state = State {
            stand_ins,
            rng: Rng::with_seed(seed),
            faults: 0.0,
            moods: BTreeMap::new(),
            tokens: BTreeMap::new(),
            excuses: BTreeMap::new(),
            not_before: BTreeMap::new(),
            refused: BTreeSet::new(),
            violation: None,
            timeline: traced.then(Vec::new),
        };
        Self { clock, reached, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives an app a mood for a while.
    pub(super) fn set_mood(&self, app: &str, mood: Mood, until: Timestamp) {
        self.state().moods.insert(app.to_owned(), (mood, until));
    }

    /// From now on, a call may fail.
    pub(super) fn begin_faults(&self) {
        self.state().faults = 0.04;
    }

    /// From now on, every call succeeds.
    pub(super) fn end_faults(&self) {
        let mut state = self.state();
        state.moods.clear();
        state.faults = 0.0;
    }

    /// Whether a call may fail.
    pub(super) fn has_faults(&self) -> bool {
        self.state().faults > 0.0
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Ends the access tokens of a marketplace's account.
    pub(super) fn expire_tokens(&self, marketplace: usize) {
        if let Some(apps) = self.state().stand_ins.get(marketplace) {
            apps.oauth(App::HIGHLEVEL.key(), json!({ "expire": true })).ok();
        }
    }

    /// The state of a marketplace's account.
    pub(super) fn holdings(&self, app: App, marketplace: usize) -> Value {
        let state = self.state();
        let apps = state.stand_ins.get(marketplace);
        apps.and_then(|apps| apps.state(app.key()).ok()).unwrap_or_default()
    }

    /// A merchant logs in on an app's page and allows the access. Returns the parameters of the redirect.
    pub(super) fn allow(&self, marketplace: usize, url: &str) -> Option<BTreeMap<String, String>> {
        let path = url.strip_prefix(SANDBOX)?;
        let asked = http::Request::get(format!("{path}&decision=allow")).body(Bytes::new()).ok()?;
        let mut state = self.state();
        let reply = state.stand_ins.get(marketplace)?.apply(asked, self.clock.now()).ok()?;
        let location = reply.headers().get("location")?.to_str().ok()?;
        let location = reqwest::Url::parse(location).ok()?;
        let parameters: BTreeMap<String, String> = location.query_pairs().into_owned().collect();
        state.tokens.insert(parameters.get("code")?.clone(), marketplace);
        Some(parameters)
    }

    /// A marketplace's account has other credentials from now on.
    pub(super) fn connected(&self, app: App, marketplace: usize) {
        let mut state = self.state();
        state.refused.remove(&(app, marketplace));
        if app == App::HIGHLEVEL {
            state.excuses.remove(&request::renewal(marketplace));
        }
        state.not_before.clear();
    }

    /// Whether an account's credentials were refused, or may have been replaced without the engine's knowledge.
    pub(super) fn may_refuse(&self, app: App, marketplace: usize) -> bool {
        let state = self.state();
        let is_lost = app == App::HIGHLEVEL && state.excuses.contains_key(&request::renewal(marketplace));
        is_lost || state.refused.contains(&(app, marketplace))
    }

    /// The number of times that a deed may have been done.
    pub(super) fn allowed(&self, deed: &str) -> u64 {
        1 + u64::from(self.state().excuses.get(deed).copied().unwrap_or_default())
    }

    /// Whether an app may have changed a contact's tag without the engine's knowledge.
    pub(super) fn is_unsure(&self, app: App, marketplace: usize, contact: &str, tag: &str) -> bool {
        let holdings = self.holdings(app, marketplace);
        let deeds = request::deeds_of(app, marketplace, &holdings, contact, tag);
        let state = self.state();
        deeds.iter().any(|deed| state.excuses.contains_key(deed))
    }

    /// An operator asked for another run of a message, at once.
    pub(super) fn forget_limits(&self) {
        self.state().not_before.clear();
    }

    /// An invariant does not hold.
    pub(super) fn breaks(&self, what: String) {
        self.state().violation.get_or_insert(what);
    }

    pub(super) fn violation(&self) -> Option<String> {
        self.state().violation.clone()
    }

    pub(super) fn timeline(&self) -> Vec<(Timestamp, String)> {
        self.state().timeline.take().unwrap_or_default()
    }

    /// Answers a request.
    async fn respond(&self, request: Request) -> reqwest::Result<Response> {
        let asked = self.arrives(&request);
        let (mood, way) = self.fate(&asked.app);
        tokio::time::sleep(way).await;
        let patience = request.timeout().copied().unwrap_or(PATIENCE);
        if let Some(Mood::Slow(seconds)) = mood {
            let slow = Duration::from_secs(u64::from(seconds));
            tokio::time::sleep(slow.min(patience)).await;
        }
        let answer =
            if mood.is_none_or(Mood::does) { Some(self.perform(&request, asked.marketplace)) } else { None };
        let is_late = matches!(mood, Some(Mood::Slow(seconds)) if u64::from(seconds) >= patience.as_secs());
        let is_unknown = mood.is_some_and(|mood| mood.does() && (is_late || !matches!(mood, Mood::Slow(_))));
        if is_unknown {
            asked.deeds.iter().for_each(|deed| self.excuse(deed));
        }
        self.note(|| {
            let name = MARKETPLACES.get(asked.marketplace).copied().unwrap_or_default();
            format!("{}: {} {} for {name}: {mood:?}", asked.app, request.method(), request.url().path())
        });
        let now = self.clock.now();
        match (mood, answer) {
            (Some(Mood::Slow(_)), _) if is_late => Err(failure(io::ErrorKind::TimedOut).await),
            (Some(Mood::Silent(_)), _) => {
                tokio::time::sleep(patience).await;
                Err(failure(io::ErrorKind::TimedOut).await)
            }
            (Some(Mood::Resets(_)), _) => Err(failure(io::ErrorKind::ConnectionReset).await),
            (Some(Mood::Wrong(_)), _) => Ok(text(StatusCode::OK, "<html><title>Maintenance</title></html>")),
            (Some(Mood::Down), _) => Ok(json_of(StatusCode::SERVICE_UNAVAILABLE, &json!({}))),
            (Some(Mood::FailsAfter), _) => Ok(json_of(StatusCode::INTERNAL_SERVER_ERROR, &json!({}))),
            (Some(Mood::Rejects), _) => {
                Ok(json_of(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "errors": ["Not accepted"] })))
            }
            (Some(Mood::RefusesCredentials), _) => {
                if let Ok(app) = asked.app.parse::<App>() {
                    self.state().refused.insert((app, asked.marketplace));
                }
                let body = json!({ "errors": ["The access token is invalid"], "title": "API Key Invalid" });
                Ok(json_of(StatusCode::UNAUTHORIZED, &body))
            }
            (Some(Mood::Busy(seconds)), _) => {
                let mut response = json_of(StatusCode::TOO_MANY_REQUESTS, &json!({}));
                if let Some(seconds) = seconds {
                    let until = now + SignedDuration::from_secs(i64::from(seconds));
                    if let Some(id) = asked.message {
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

    /// Reads a request, and checks it.
    fn arrives(&self, request: &Request) -> Asked {
        let now = self.clock.now();
        let mut state = self.state();
        let asked = Asked::read(request, &state.tokens);
        asked.deeds.iter().for_each(|deed| Sent::add(deed));
        let name = MARKETPLACES.get(asked.marketplace).copied();
        if name.is_none() || !tenants::current().has(asked.marketplace) {
            let broken = format!("{} was called for {name:?} by another marketplace's work", asked.app);
            state.violation.get_or_insert(broken);
        }
        if let Some(id) = &asked.message {
            let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            if state.not_before.get(id).is_some_and(|until| *until > now) {
                let broken = format!("{id} was sent at {now}, before the time that the receiver named");
                state.violation.get_or_insert(broken);
            }
            if body["type"] != "test" && body["data"]["marketplace_id"].as_str() != name {
                state.violation.get_or_insert(format!("{id} has another marketplace's event"));
            }
        }
        asked
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
    fn perform(&self, request: &Request, marketplace: usize) -> Response {
        let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
        let url = request.url();
        let path = url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let mut asked = http::Request::new(Bytes::copy_from_slice(body));
        *asked.method_mut() = request.method().clone();
        *asked.uri_mut() = path.parse().unwrap_or_default();
        *asked.headers_mut() = request.headers().clone();
        let mut state = self.state();
        let Some(apps) = state.stand_ins.get(marketplace) else {
            return text(StatusCode::NOT_FOUND, "no marketplace has this credential");
        };
        match apps.apply(asked, self.clock.now()) {
            Ok(response) => {
                let issued = request::issued(request, response.body());
                state.tokens.extend(issued.into_iter().map(|token| (token, marketplace)));
                Response::from(response)
            }
            Err(refusal) => text(StatusCode::NOT_FOUND, &refusal.to_string()),
        }
    }

    fn excuse(&self, deed: &str) {
        *self.state().excuses.entry(deed.to_owned()).or_default() += 1;
    }

    fn note(&self, what: impl FnOnce() -> String) {
        let now = self.clock.now();
        if let Some(timeline) = &mut self.state().timeline {
            timeline.push((now, what()));
        }
    }
}

impl Network for Apps {
    fn answer(self: Arc<Self>, request: Request) -> BoxFuture<'static, reqwest::Result<Response>> {
        async move { self.respond(request).await }.boxed()
    }

    fn failed(&self, error: &HttpError) {
        self.reached.add(coverage::cause(&error.cause));
    }
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

/// The deeds that an invocation has asked for. If it ends before it has recorded their results, the results are unknown.
pub(super) struct Sent<'a> {
    apps: &'a Apps,
    deeds: Arc<Mutex<Vec<String>>>,
}

impl<'a> Sent<'a> {
    pub(super) fn by(apps: &'a Apps) -> Self {
        Self { apps, deeds: Arc::default() }
    }

    /// Collects the deeds that the future asks for.
    pub(super) async fn during<F: Future>(&self, future: F) -> F::Output {
        SENT.scope(Arc::clone(&self.deeds), future).await
    }

    /// The invocation has recorded its results.
    pub(super) fn recorded(&self) {
        self.deeds.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn add(deed: &str) {
        // Operators call apps outside of invocations.
        let add = |sent: &Arc<Mutex<Vec<String>>>| {
            sent.lock().unwrap_or_else(PoisonError::into_inner).push(deed.to_owned());
        };
        SENT.try_with(add).ok();
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        let deeds = std::mem::take(&mut *self.deeds.lock().unwrap_or_else(PoisonError::into_inner));
        for deed in deeds {
            self.apps.excuse(&deed);
        }
    }
}
