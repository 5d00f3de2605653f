//! Forwards a call: counts it and applies faults.
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use http_body_util::{BodyExt, Full};
use hyper::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::call::Call;
use crate::capacity;
use crate::counts::{Counts, Passed};
use crate::faults::{Ending, Faults};
use crate::padding;

const PAYLOAD_HASH: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// The connection is closed without a response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Closed {
    #[error("a fault closes the connection")]
    Fault,
    #[error("the caller went away")]
    Caller(#[source] hyper::Error),
    #[error("local AWS did not answer")]
    Aws(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Local AWS behind the proxy, with the counts and faults of its calls.
pub(crate) struct Line {
    to: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
    pub(crate) counts: Counts,
    pub(crate) faults: Faults,
}

impl Line {
    pub(crate) fn new(to: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            // Local AWS closes a connection that idles for 5 s; a call must not use such a connection.
            .pool_idle_timeout(Duration::from_secs(2))
            .build(connector);
        Self { to, client, counts: Counts::default(), faults: Faults::default() }
    }

    /// Forwards a call, or makes it fail.
    pub(crate) async fn pass(&self, parts: Parts, body: Bytes) -> Result<Response<Full<Bytes>>, Closed> {
        let call = Call::read(&parts, &body);
        let strike = self.faults.strike(&call);
        let answer = match &strike {
            Some(strike) if !strike.applied => None,
            _ => Some(self.send(&call, parts, body).await?),
        };
        let Some(strike) = strike else { return answer.ok_or(Closed::Fault) };
        self.counts.hit(&call);
        match strike.ending {
            Ending::Error(status, error) => Ok(failure(status, &error)),
            Ending::Closed => Err(Closed::Fault),
        }
    }

    async fn send(
        &self,
        call: &Call,
        mut parts: Parts,
        body: Bytes,
    ) -> Result<Response<Full<Bytes>>, Closed> {
        let request_bytes = body.len();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let uri: Uri =
            format!("http://{}{path}", self.to).parse().map_err(|error| Closed::Aws(Box::new(error)))?;
        parts.uri = uri;
        parts.headers.remove(CONNECTION);
        parts.headers.remove(TRANSFER_ENCODING);
        let body = ask_for_capacity(call, &mut parts, body);
        let answer = self.client.request(Request::from_parts(parts, Full::new(body))).await;
        let (mut parts, body) = answer.map_err(|error| Closed::Aws(Box::new(error)))?.into_parts();
        let body = body.collect().await.map_err(|error| Closed::Aws(Box::new(error)))?.to_bytes();
        parts.headers.remove(CONNECTION);
        parts.headers.remove(TRANSFER_ENCODING);
        let ok = parts.status.is_success();
        let units = capacity::of(call, ok, &body);
        self.counts.passed(call, Passed { request_bytes, response_bytes: body.len(), failed: !ok, units });
        Ok(Response::from_parts(parts, Full::new(body)))
    }
}

/// Requests the capacity in a write's response. Local AWS takes the body's hash from an unsigned header, so the
/// signature remains that of the original body.
fn ask_for_capacity(call: &Call, parts: &mut Parts, body: Bytes) -> Bytes {
    if !capacity::writes(call) || call.body.get("ReturnConsumedCapacity").is_some() {
        return body;
    }
    let Some(rest) = body.strip_prefix(b"{") else { return body };
    let Some(packed) = padding::pack(&[capacity::ASK.as_bytes(), rest].concat(), body.len()) else {
        return body;
    };
    let hash = HEXLOWER.encode(&Sha256::digest(&body));
    let Ok(hash) = HeaderValue::from_str(&hash) else { return body };
    parts.headers.entry(PAYLOAD_HASH).or_insert(hash);
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Bytes::from(packed)
}

/// An error in the form of the JSON protocols.
fn failure(status: StatusCode, error: &str) -> Response<Full<Bytes>> {
    let body = json!({ "__type": error, "message": "a fault of the proxy" });
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
    if let Ok(error) = HeaderValue::from_str(error) {
        headers.insert("x-amzn-errortype", error);
    }
    response
}
