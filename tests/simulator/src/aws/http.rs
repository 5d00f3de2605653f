//! The HTTP client of the SDK: each request is a call, with the fate that chance gives it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::answer::Answer;
use super::chance::Circumstances;
use super::clock::Clock;
use super::dynamodb::Outcome;
use super::faults::{Call, Service, Strike};
use super::request::Request;
use super::state::State;
use super::trace::{Happening, resource};

/// A connection to AWS.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) clock: Clock,
    /// No fault concerns this connection.
    pub(super) quiet: bool,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("quiet", &self.quiet).finish_non_exhaustive()
    }
}

/// The fate of a request.
#[derive(Debug, Clone, Copy)]
struct Fate {
    way: Duration,
    back: Duration,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Answered,
    RequestLost,
    ResponseLost,
    Failed,
    Refused,
    Throttled,
}

pub(super) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(request) = read(&request) else {
            let unknown = "the AWS in memory has no such service";
            return HttpConnectorFuture::ready(Err(ConnectorError::user(unknown.into())));
        };
        let fate = self.fate(&request);
        if fate.way.is_zero() && fate.back.is_zero() {
            match self.arrive(&request, fate.end) {
                Ok(Outcome::Done(answer)) => {
                    return HttpConnectorFuture::ready(self.response(&request, fate.end, answer));
                }
                Err(lost) => return HttpConnectorFuture::ready(Err(lost)),
                Ok(outcome) => return self.later(request, fate, Some(outcome)),
            }
        }
        self.later(request, fate, None)
    }
}

impl Connector {
    fn fate(&self, request: &Request) -> Fate {
        let mut fate = Fate { way: Duration::ZERO, back: Duration::ZERO, end: End::Answered };
        if self.quiet {
            return fate;
        }
        let strike = self.struck(request);
        let mut state = lock(&self.state);
        let State { faults, chance, .. } = &mut *state;
        (fate.way, fate.back) = (chance.within(faults.latency), chance.within(faults.latency));
        if chance.happens(faults.slow) {
            fate.way = chance.within(faults.slow_latency);
        }
        let ends = [
            (faults.lost_requests, End::RequestLost),
            (faults.lost_responses, End::ResponseLost),
            (faults.server_errors, End::Failed),
            (faults.throttles, End::Throttled),
        ];
        if let Some((_, end)) = ends.into_iter().find(|(probability, _)| chance.happens(*probability)) {
            fate.end = end;
        }
        match strike {
            None => {}
            Some(Strike::LoseResponse) => fate.end = End::ResponseLost,
            Some(Strike::Refuse) => fate.end = End::Refused,
        }
        fate
    }

    /// The fate that the caller's function decides. It runs without the lock, so that it may look at the state.
    fn struck(&self, request: &Request) -> Option<Strike> {
        let mut strikes = lock(&self.state).strikes.take()?;
        let Request { service, operation, body, .. } = request;
        let strike = strikes(&Call { service: *service, operation, body });
        lock(&self.state).strikes.get_or_insert(strikes);
        strike
    }

    /// The service gets the request.
    fn arrive(&self, request: &Request, end: End) -> Result<Outcome, ConnectorError> {
        let mut state = lock(&self.state);
        match end {
            End::RequestLost => {
                drop(state);
                self.report(request, "the request was lost");
                Err(lost())
            }
            End::Failed => Ok(Outcome::Done(state.failed())),
            End::Refused => Ok(Outcome::Done(Answer::error(403, "AccessDenied", "Access is denied"))),
            End::Throttled => Ok(Outcome::Done(state.throttled(request.service))),
            End::Answered | End::ResponseLost => Ok(state.perform(request, self.clock.now(), self.quiet)),
        }
    }

    /// Reports a call, if someone watches.
    fn report(&self, request: &Request, result: &str) {
        if self.quiet {
            return;
        }
        // The watcher runs without the lock, so that it may look at the state.
        let Some(mut watcher) = lock(&self.state).watcher.take() else { return };
        let text = format!("{} {}: {result}", request.operation, resource(request));
        watcher(&Happening { at: self.clock.now(), service: request.service, text });
        lock(&self.state).watcher.get_or_insert(watcher);
    }

    fn response(&self, request: &Request, end: End, answer: Answer) -> Result<HttpResponse, ConnectorError> {
        let result = if answer.status < 300 { "ok" } else { answer.code };
        if end == End::ResponseLost {
            self.report(request, &format!("{result}, and the response was lost"));
            return Err(lost());
        }
        self.report(request, result);
        answer.response().ok_or_else(|| ConnectorError::other("no status of HTTP".into(), None))
    }

    /// A call that takes time. It continues even if its caller gives up.
    fn later(&self, request: Request, fate: Fate, outcome: Option<Outcome>) -> HttpConnectorFuture {
        let (sender, receiver) = oneshot::channel();
        let connector = self.clone();
        drop(tokio::spawn(async move {
            let response = connector.run(request, fate, outcome).await;
            // The caller may have given up.
            drop(sender.send(response));
        }));
        HttpConnectorFuture::new(async move { receiver.await.unwrap_or_else(|_| Err(lost())) })
    }

    async fn run(
        &self,
        request: Request,
        fate: Fate,
        outcome: Option<Outcome>,
    ) -> Result<HttpResponse, ConnectorError> {
        let outcome = if let Some(outcome) = outcome {
            outcome
        } else {
            wait(fate.way).await;
            self.arrive(&request, fate.end)?
        };
        let answer = match outcome {
            Outcome::Done(answer) => answer,
            Outcome::Held(time, prepared) => {
                wait(time).await;
                let mut state = lock(&self.state);
                let State { faults, chance, dynamodb, .. } = &mut *state;
                dynamodb.commit(prepared, &mut Circumstances { now: self.clock.now(), faults, chance })
            }
            Outcome::Running(receiver) => receiver.await.map_err(|_| lost())?,
        };
        wait(fate.back).await;
        self.response(&request, fate.end, answer)
    }
}

async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

fn lost() -> ConnectorError {
    ConnectorError::io("the connection was reset".into())
}

/// Performs a call by its target, at once and without faults.
pub(super) fn direct(state: &Mutex<State>, now: Timestamp, target: &str, body: &str) -> Option<Answer> {
    let (service, operation) = by_target(target)?;
    let nothing = String::new;
    let (operation, body) = (operation.to_owned(), body.as_bytes().to_vec());
    let request =
        Request { service, operation, resource: nothing(), query: nothing(), asynchronous: false, body };
    let mut state = lock(state);
    match state.perform(&request, now, true) {
        Outcome::Done(answer) => Some(answer),
        Outcome::Held(_, prepared) => {
            let State { faults, chance, dynamodb, .. } = &mut *state;
            Some(dynamodb.commit(prepared, &mut Circumstances { now, faults, chance }))
        }
        Outcome::Running(_) => None,
    }
}

fn by_target(target: &str) -> Option<(Service, &str)> {
    let (prefix, operation) = target.split_once('.')?;
    let (_, service) = TARGETS.iter().find(|(name, _)| *name == prefix)?;
    Some((*service, operation))
}

const TARGETS: [(&str, Service); 5] = [
    ("DynamoDB_20120810", Service::DynamoDb),
    ("AmazonSQS", Service::Sqs),
    ("AWSEvents", Service::EventBridge),
    ("TrentService", Service::Kms),
    ("secretsmanager", Service::SecretsManager),
];

/// The call in a request.
fn read(request: &HttpRequest) -> Option<Request> {
    // After scheme and host.
    let path = request.uri().splitn(4, '/').nth(3).unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let (service, operation, resource) = match request.headers().get("x-amz-target") {
        Some(target) => {
            let (service, operation) = by_target(target)?;
            (service, operation.to_owned(), String::new())
        }
        None => by_path(request.method(), path)?,
    };
    let asynchronous = request.headers().get("x-amz-invocation-type") == Some("Event");
    let body = request.body().bytes().unwrap_or_default().to_vec();
    Some(Request { service, operation, resource, query: query.to_owned(), asynchronous, body })
}

/// The calls of the services whose paths name them.
fn by_path(method: &str, path: &str) -> Option<(Service, String, String)> {
    if let Some(name) = path.strip_prefix("2015-03-31/functions/") {
        let name = name.strip_suffix("/invocations")?;
        return Some((Service::Lambda, "Invoke".to_owned(), name.replace("%3A", ":")));
    }
    let name = path.strip_prefix("schedules/")?;
    let operation = match method {
        "POST" => "CreateSchedule",
        "GET" => "GetSchedule",
        "DELETE" => "DeleteSchedule",
        other => other,
    };
    Some((Service::Scheduler, operation.to_owned(), name.to_owned()))
}
