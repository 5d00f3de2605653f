//! The proxy's own calls, all under `/_…`; every other call is forwarded.
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::forward::{Closed, Line};

pub(crate) async fn answer(
    line: Arc<Line>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Closed> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(Closed::Caller)?.to_bytes();
    let path = parts.uri.path();
    Ok(match (&parts.method, path) {
        (&Method::GET, "/_health") => json_answer(StatusCode::OK, &json!({ "ok": true })),
        (&Method::GET, "/_counts") => json_answer(StatusCode::OK, &line.counts.show()),
        (&Method::DELETE, "/_counts") => {
            line.counts.clear();
            nothing()
        }
        (&Method::GET, "/_faults") => json_answer(StatusCode::OK, &line.faults.show()),
        (&Method::POST, "/_faults") => add_fault(&line, &body),
        (&Method::DELETE, "/_faults") => {
            line.faults.clear();
            nothing()
        }
        (method, "/_health" | "/_counts" | "/_faults") => {
            refused(StatusCode::METHOD_NOT_ALLOWED, &format!("{path} does not take {method}"))
        }
        // A separate task, because AWS also completes a call whose caller has stopped waiting.
        _ => tokio::spawn(async move { line.pass(parts, body).await })
            .await
            .map_err(|panic| Closed::Aws(Box::new(panic)))??,
    })
}

/// Accepted with any media type, so that a plain `curl -d` works.
fn add_fault(line: &Line, body: &[u8]) -> Response<Full<Bytes>> {
    let wanted: Value = match serde_json::from_slice(body) {
        Ok(wanted) => wanted,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &format!("body: not JSON: {error}")),
    };
    match line.faults.add(wanted) {
        Ok(id) => json_answer(StatusCode::CREATED, &json!({ "id": id })),
        Err(refusal) => refused(StatusCode::BAD_REQUEST, &refusal.to_string()),
    }
}

fn refused(status: StatusCode, why: &str) -> Response<Full<Bytes>> {
    json_answer(status, &json!({ "error": why }))
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn nothing() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
