//! The sandbox's own calls, all under `/_…`.
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde_json::{Value, json};

use crate::apps;
use crate::exchange::{Refusal, Reply};
use crate::recorder::Filter;
use crate::world::World;

type Answer = Result<Reply, Refusal>;

/// A query that may be invalid for the call.
type QueryOf<T> = Result<Query<T>, QueryRejection>;

/// The routes of the controls.
pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/_health", get(|| async { ok(&json!({ "ok": true })) }))
        .route("/_requests", get(requests).delete(forget_requests))
        .route("/_faults", get(faults).post(add_fault).delete(remove_faults))
        .route("/_faults/{id}", delete(remove_fault))
        .route("/_tokens", post(token))
        .route("/_oauth/{app}", get(oauth).post(instruct_oauth))
        .route("/_state", get(states))
        .route("/_state/{app}", get(state).post(seed))
        .route("/_reset", post(reset))
}

async fn requests(State(world): State<Arc<World>>, filter: QueryOf<Filter>) -> Answer {
    let filter = read(filter)?;
    // Writing a long run takes a second or two, and must not block the apps.
    let shown = tokio::task::spawn_blocking(move || world.recorder.show(&filter).map(|shown| ok(&shown)));
    shown.await.map_err(|error| Refusal::new(error.to_string()))?
}

async fn forget_requests(State(world): State<Arc<World>>) -> Reply {
    world.recorder.clear();
    Reply::empty(StatusCode::NO_CONTENT)
}

async fn faults(State(world): State<Arc<World>>) -> Reply {
    ok(&json!({ "faults": world.faults.list() }))
}

async fn add_fault(State(world): State<Arc<World>>, body: Bytes) -> Answer {
    let id = world.fault(json_body(&body)?)?;
    Ok(Reply::json(StatusCode::CREATED, &json!({ "id": id })))
}

async fn remove_faults(State(world): State<Arc<World>>) -> Reply {
    ok(&json!({ "removed": world.faults.remove(None) }))
}

async fn remove_fault(State(world): State<Arc<World>>, Path(id): Path<String>) -> Answer {
    let id: u64 = id.parse().map_err(|_| Refusal::new(format!("id: `{id}` is not a number")))?;
    match world.faults.remove(Some(id)) {
        0 => Err(Refusal::new(format!("id: there is no fault {id}"))),
        removed => Ok(ok(&json!({ "removed": removed }))),
    }
}

async fn token(State(world): State<Arc<World>>, body: Bytes) -> Answer {
    world.token(json_body(&body)?)?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn oauth(State(world): State<Arc<World>>, Path(app): Path<String>) -> Answer {
    Ok(ok(&world.oauth.show(&app)?))
}

async fn instruct_oauth(State(world): State<Arc<World>>, Path(app): Path<String>, body: Bytes) -> Answer {
    world.oauth.instruct(&app, json_body(&body)?, &world.tokens)?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn states(State(world): State<Arc<World>>) -> Answer {
    Ok(ok(&world.states()?))
}

async fn state(
    State(world): State<Arc<World>>,
    Path(app): Path<String>,
    query: QueryOf<apps::Query>,
) -> Answer {
    Ok(ok(&world.app(&app)?.state(&read(query)?)?))
}

async fn seed(State(world): State<Arc<World>>, Path(app): Path<String>, body: Bytes) -> Answer {
    world.app(&app)?.seed(json_body(&body)?)?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn reset(State(world): State<Arc<World>>) -> Reply {
    ok(&world.reset())
}

fn read<T>(query: QueryOf<T>) -> Result<T, Refusal> {
    query.map(|Query(query)| query).map_err(|rejection| Refusal::new(rejection.body_text()))
}

/// Accepted with any media type, so that a plain `curl -d` works.
fn json_body(body: &Bytes) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::new(format!("body: not JSON: {error}")))
}

fn ok(value: &Value) -> Reply {
    Reply::json(StatusCode::OK, value)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": self.to_string() })).into_response()
    }
}
