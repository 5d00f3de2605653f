//! The path of a request through recorder, faults and app.
use std::io::Write;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::clock;
use crate::connection::Connection;
use crate::exchange::{Reply, Request};
use crate::faults::{Act, Point, Strike};
use crate::recorder::Ending;
use crate::world::World;

/// Larger than any body that the engine sends to vendors.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// The fate of a request's connection.
enum Fate {
    Answer(Reply),
    Reset,
    Hang,
}

/// Handles a request to `/{app}/…`.
pub(crate) async fn to_app(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: axum::extract::Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let whole = parts.uri.path().trim_start_matches('/');
    let (id, path) = whole.split_once('/').map_or((whole, ""), |(id, path)| (id, path));
    let app = match world.app(id) {
        Ok(app) => app.id(),
        Err(refusal) => return problem(StatusCode::NOT_FOUND, &refusal.to_string()),
    };
    let body = match axum::body::to_bytes(body, BODY_LIMIT).await {
        Ok(body) => body,
        Err(error) => return problem(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string()),
    };
    let mut request = Request {
        seq: 0,
        at: clock::now(),
        method: parts.method,
        path: format!("/{path}"),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    let strike = world.faults.strike(app, &request.method, &request.path, &request.headers);
    world.recorder.arrive(app, &mut request, strike.as_ref().map(|strike| strike.fault));
    // A separate task, because the vendor also completes a request whose client has stopped waiting.
    let fate = tokio::spawn(async move { decide(&world, app, &request, strike).await }).await;
    match fate {
        Ok(Fate::Answer(reply)) => reply.into_response(),
        Ok(Fate::Reset) => {
            connection.reset();
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Ok(Fate::Hang) => std::future::pending().await,
        Err(panic) => problem(StatusCode::INTERNAL_SERVER_ERROR, &format!("the stand-in has a bug: {panic}")),
    }
}

async fn decide(world: &World, app: &'static str, request: &Request, strike: Option<Strike>) -> Fate {
    let epoch = world.epoch();
    let (delay, act, _place) =
        strike.map_or((None, Act::Pass, None), |strike| (Some(strike.delay), strike.act, strike.place));
    if let Some(delay) = delay.filter(|delay| !delay.is_zero()) {
        tokio::time::sleep(delay).await;
    }
    let apply = || world.apply(app, request);
    let (applied, fate) = if epoch == world.epoch() {
        match act {
            Act::Answer(reply) => (false, Fate::Answer(reply)),
            Act::Reset(Point::Before) => (false, Fate::Reset),
            Act::Hang(Point::Before) => (false, Fate::Hang),
            Act::Pass => match apply() {
                Ok(reply) => (true, Fate::Answer(reply)),
                Err(_) => (false, Fate::Reset),
            },
            Act::Reset(Point::After) => (apply().is_ok(), Fate::Reset),
            Act::Hang(Point::After) => (apply().is_ok(), Fate::Hang),
        }
    } else {
        (false, Fate::Reset)
    };
    let ending = match &fate {
        Fate::Answer(reply) => Ending::Answered(reply.status),
        Fate::Reset => Ending::Reset,
        Fate::Hang => Ending::Hanging,
    };
    world.recorder.end(request.seq, applied, ending);
    if world.log {
        log(app, request, applied, ending);
    }
    fate
}

fn log(app: &str, request: &Request, applied: bool, ending: Ending) {
    let (method, path) = (request.method.as_str(), &request.path);
    let line = json!({
        "time": request.at.to_string(), "seq": request.seq, "app": app, "method": method, "path": path,
        "ended": format!("{ending:?}"), "applied": applied,
    });
    // A failed log line must not fail the request.
    writeln!(std::io::stderr(), "{line}").ok();
}

fn problem(status: StatusCode, message: &str) -> Response {
    Reply::json(status, &json!({ "error": message })).into_response()
}
