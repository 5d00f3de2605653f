//! Failures on demand.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::exchange::{Refusal, Reply, instruction};

/// Whether a failure comes before the app sees the request or after it applied it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Point {
    Before,
    After,
}

/// The operator's instruction.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    app: Option<String>,
    method: Option<String>,
    path: Option<String>,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    delay_ms: Option<u64>,
    reset: Option<Point>,
    hang: Option<Point>,
    rate: Option<f64>,
    count: Option<u64>,
    each: Option<Each>,
    at_once: Option<usize>,
}

/// The most faults, of all that have this limit, for requests that are alike: they have the same header or, without one,
/// the same text in the first group of `path`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Each {
    most: u64,
    header: Option<String>,
}

/// The effect of a fault on a request, after its delay.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// The app responds normally: the fault was its delay.
    Pass,
    /// This response replaces the app's; the app does not receive the request.
    Answer(Reply),
    /// The connection is reset.
    Reset(Point),
    /// No response is sent.
    Hang(Point),
}

/// One fault hitting one request.
#[derive(Debug)]
pub(crate) struct Strike {
    pub(crate) fault: u64,
    pub(crate) delay: Duration,
    pub(crate) act: Act,
    /// Its permit among the simultaneous requests of the app, until the response.
    pub(crate) place: Option<OwnedSemaphorePermit>,
}

struct Fault {
    id: u64,
    /// The operator's instruction, to show it again.
    wanted: Value,
    app: Option<&'static str>,
    method: Option<Method>,
    path: Option<Regex>,
    rate: f64,
    left: Option<u64>,
    each: Option<Each>,
    hits: u64,
    delay: Duration,
    act: Act,
    /// The number of simultaneous requests to the app; the act applies to further requests.
    places: Option<Arc<Semaphore>>,
}

impl Fault {
    fn new(wanted: Value, apps: &[&'static str]) -> Result<Self, Refusal> {
        let shown = wanted.clone();
        let fault: Wanted = instruction(wanted)?;
        let app = fault.app.as_deref().map(|app| known(app, apps)).transpose()?;
        let method = fault
            .method
            .map(|method| Method::from_bytes(method.to_ascii_uppercase().as_bytes()))
            .transpose()
            .map_err(|_| Refusal::new("method: not an HTTP method"))?;
        let path = fault
            .path
            .map(|path| Regex::new(&path))
            .transpose()
            .map_err(|error| Refusal::new(format!("path: {error}")))?;
        let rate = fault.rate.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&rate) {
            return Err(Refusal::new(format!("rate: {rate} is not between 0 and 1")));
        }
        if fault.status.is_none() && (fault.body.is_some() || !fault.headers.is_empty()) {
            return Err(Refusal::new("status: needed where there are headers or a body"));
        }
        let act = match (fault.status, fault.reset, fault.hang) {
            (Some(status), None, None) => Act::Answer(answer(status, fault.headers, fault.body)?),
            (None, Some(point), None) => Act::Reset(point),
            (None, None, Some(point)) => Act::Hang(point),
            (None, None, None) if fault.at_once.is_some() => Act::Answer(answer(429, fault.headers, None)?),
            (None, None, None) if fault.delay_ms.is_some() => Act::Pass,
            (None, None, None) => {
                return Err(Refusal::new(
                    "one of status, reset, hang, delay_ms, at_once says what goes wrong",
                ));
            }
            _ => return Err(Refusal::new("status, reset, hang: a fault does one of them")),
        };
        let delay = Duration::from_millis(fault.delay_ms.unwrap_or_default());
        let places = fault.at_once.map(|places| Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))));
        let (left, each) = (fault.count, fault.each);
        Ok(Self { id: 0, wanted: shown, app, method, path, rate, left, each, hits: 0, delay, act, places })
    }

    fn matches(&self, app: &str, method: &Method, path: &str) -> bool {
        self.left != Some(0)
            && self.app.is_none_or(|wanted| wanted == app)
            && self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self.path.as_ref().is_none_or(|wanted| wanted.is_match(path))
            && (self.rate >= 1.0 || rand::random::<f64>() < self.rate)
    }

    /// The text that the request shares with requests that are alike, if the fault has a limit for them.
    fn alike(&self, app: &str, path: &str, headers: &HeaderMap) -> Option<String> {
        let alike = match &self.each.as_ref()?.header {
            Some(header) => headers.get(header)?.to_str().ok()?,
            None => self.path.as_ref()?.captures(path)?.get(1)?.as_str(),
        };
        Some(format!("{app} {alike}"))
    }
}

/// The id of an app of the sandbox.
pub(crate) fn known(app: &str, apps: &[&'static str]) -> Result<&'static str, Refusal> {
    apps.iter()
        .find(|known| **known == app)
        .copied()
        .ok_or_else(|| Refusal::new(format!("app: `{app}` is not one of {}", apps.join(", "))))
}

fn answer(status: u16, headers: BTreeMap<String, String>, body: Option<Value>) -> Result<Reply, Refusal> {
    let status = StatusCode::from_u16(status)
        .ok()
        .filter(|status| status.as_u16() >= 200)
        .ok_or_else(|| Refusal::new(format!("status: {status} is not between 200 and 999")))?;
    let mut reply = match body {
        None => Reply::empty(status),
        Some(Value::String(text)) => Reply::typed(status, "text/plain; charset=utf-8", text),
        Some(value) => Reply::json(status, &value),
    };
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Refusal::new(format!("headers: `{name}` is not a header name")))?;
        let value = HeaderValue::from_str(&value)
            .map_err(|_| Refusal::new(format!("headers.{name}: not a header value")))?;
        reply = reply.with(name, value);
    }
    Ok(reply)
}

#[derive(Default)]
struct Listed {
    last: u64,
    faults: Vec<Fault>,
    /// The number of faults for requests that are alike.
    struck: BTreeMap<String, u64>,
}

/// The faults in effect, oldest first; the first that matches a request applies.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Listed>);

impl Faults {
    /// Adds a fault; its id is never reused.
    pub(crate) fn add(&self, wanted: Value, apps: &[&'static str]) -> Result<u64, Refusal> {
        let mut fault = Fault::new(wanted, apps)?;
        let mut listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listed.last += 1;
        fault.id = listed.last;
        let id = fault.id;
        listed.faults.push(fault);
        Ok(id)
    }

    /// The fault for this request, if any; counts the hit.
    pub(crate) fn strike(
        &self,
        app: &str,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Option<Strike> {
        let mut listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Listed { faults, struck, .. } = &mut *listed;
        let is_spared = |fault: &Fault| {
            let alike = fault.alike(app, path, headers);
            let times = alike.and_then(|alike| struck.get(&alike).copied()).unwrap_or_default();
            fault.each.as_ref().is_some_and(|each| times >= each.most)
        };
        let strikes = |fault: &&mut Fault| !is_spared(fault) && fault.matches(app, method, path);
        let fault = faults.iter_mut().find(strikes)?;
        if let Some(alike) = fault.alike(app, path, headers) {
            *struck.entry(alike).or_default() += 1;
        }
        fault.hits += 1;
        if let Some(left) = &mut fault.left {
            *left -= 1;
        }
        let (fault, delay, act) = (&*fault, fault.delay, fault.act.clone());
        let strike = |delay, act, place| Some(Strike { fault: fault.id, delay, act, place });
        match &fault.places {
            None => strike(delay, act, None),
            Some(places) => match Arc::clone(places).try_acquire_owned() {
                Ok(place) => strike(delay, Act::Pass, Some(place)),
                Err(_) => strike(Duration::ZERO, act, None),
            },
        }
    }

    /// All faults, including used-up ones, with their numbers of hits.
    pub(crate) fn list(&self) -> Vec<Value> {
        let listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let show = |fault: &Fault| json!({ "id": fault.id, "hits": fault.hits, "left": fault.left, "fault": fault.wanted });
        listed.faults.iter().map(show).collect()
    }

    /// Removes one fault or all of them, and returns how many.
    pub(crate) fn remove(&self, id: Option<u64>) -> usize {
        let mut listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = listed.faults.len();
        listed.faults.retain(|fault| id.is_some_and(|id| id != fault.id));
        before - listed.faults.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(wanted: Value) -> String {
        Faults::default().add(wanted, &["mailchimp"]).expect_err("refused").to_string()
    }

    #[test]
    fn a_mistyped_fault_is_refused_with_the_field_that_is_wrong() {
        assert!(refusal(json!({ "statuss": 500 })).contains("statuss"));
        assert!(refusal(json!({ "status": 500, "path": "(" })).starts_with("path:"));
        assert!(refusal(json!({ "status": 500, "app": "mailchump" })).contains("mailchimp"));
        assert!(refusal(json!({ "status": 500, "rate": 2 })).starts_with("rate:"));
        assert!(refusal(json!({ "status": 500, "reset": "before" })).starts_with("status, reset, hang"));
        assert!(refusal(json!({ "status": 102 })).starts_with("status:"));
        assert!(refusal(json!({ "delay_ms": 5, "body": "x" })).starts_with("status:"));
        assert!(refusal(json!({ "app": "mailchimp" })).starts_with("one of"));
    }

    #[test]
    fn the_first_fault_that_matches_decides_until_it_is_used_up() {
        let faults = Faults::default();
        faults
            .add(json!({ "path": "^/3.0/lists/", "method": "put", "status": 503, "count": 1 }), &[])
            .unwrap();
        let second = faults.add(json!({ "status": 500 }), &[]).unwrap();
        let none = HeaderMap::new();
        let strike = |method, path| faults.strike("mailchimp", &method, path, &none).unwrap().fault;
        assert_eq!(strike(Method::GET, "/3.0/lists/demo"), second);
        assert_eq!(strike(Method::PUT, "/3.0/lists/demo"), 1);
        assert_eq!(strike(Method::PUT, "/3.0/lists/demo"), second);
        assert_eq!(faults.list()[1]["hits"], 2);
    }

    #[test]
    fn an_app_that_takes_two_at_once_refuses_a_third_until_one_of_them_is_answered() {
        let faults = Faults::default();
        faults.add(json!({ "at_once": 2, "delay_ms": 400 }), &[]).unwrap();
        let strike = || faults.strike("kit", &Method::GET, "/", &HeaderMap::new()).unwrap();
        let is_refused = |strike: &Strike| matches!(&strike.act, Act::Answer(reply) if reply.status == 429);
        let (first, second, third) = (strike(), strike(), strike());
        assert_eq!([&first, &second, &third].map(is_refused), [false, false, true]);
        assert_eq!([&first, &third].map(|strike| strike.delay.as_millis()), [400, 0]);
        drop(first);
        assert!(!is_refused(&strike()));
    }

    #[test]
    fn requests_that_are_alike_share_the_limit_of_all_faults_that_have_one() {
        let faults = Faults::default();
        let by_path = |path: &str, status: u16, most: u64| json!({ "path": path, "status": status, "count": 1, "each": { "most": most } });
        for status in [500, 503, 429] {
            faults.add(by_path("^/members/([a-z]+)", status, 2), &[]).unwrap();
        }
        let strike = |path| faults.strike("kit", &Method::PUT, path, &HeaderMap::new()).map(|one| one.fault);
        let hits = [strike("/members/ada"), strike("/members/ada/tags"), strike("/members/ada")];
        assert_eq!(hits, [Some(1), Some(2), None]);
        assert_eq!(strike("/members/bob"), Some(3));

        let faults = Faults::default();
        let each = json!({ "most": 1, "header": "webhook-id" });
        faults.add(json!({ "status": 500, "each": each }), &[]).unwrap();
        let strike = |id| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static("webhook-id"), id)]);
            faults.strike("webhook", &Method::POST, "/", &headers).is_some()
        };
        let hits = ["a", "b", "a"].map(HeaderValue::from_static).map(strike);
        assert_eq!(hits, [true, true, false]);
    }

    #[test]
    fn a_rate_hits_about_that_share() {
        let faults = Faults::default();
        faults.add(json!({ "status": 500, "rate": 0.5 }), &[]).unwrap();
        let strike = || faults.strike("kit", &Method::GET, "/", &HeaderMap::new());
        let hits = (0..2000).filter(|_| strike().is_some()).count();
        assert!((800..1200).contains(&hits), "{hits} of 2000");
    }
}
