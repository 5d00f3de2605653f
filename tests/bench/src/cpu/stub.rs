//! Lambda's Runtime API, AWS and an app on one port, each of which answers at once.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use stack::now;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::sample::Sample;

const RUNTIME: &str = "/2018-06-01/runtime/";

/// The answers of AWS.
#[derive(Debug, Clone)]
pub(super) struct World {
    /// The rules under a trigger's global key, as items.
    pub(super) rules: Vec<Value>,
    /// The accounts, as items, by sort key.
    pub(super) accounts: BTreeMap<String, Value>,
    /// Their decrypted credentials.
    pub(super) credentials: Value,
}

/// The invocations of one process.
#[derive(Debug, Default)]
pub(super) struct Invocations {
    pub(super) pid: Option<u32>,
    left: VecDeque<String>,
    /// The process at each request for an event.
    pub(super) asked: Vec<Sample>,
    /// The times of each event and of its response.
    pub(super) given: Vec<Instant>,
    pub(super) answered: Vec<Instant>,
    pub(super) failed: Vec<String>,
    /// The calls to AWS and to the app.
    pub(super) calls: Vec<String>,
}

/// The server.
#[derive(Debug, Clone)]
pub(super) struct Stub {
    world: Arc<World>,
    invocations: Arc<Mutex<Invocations>>,
    done: Arc<Notify>,
    /// Its address.
    pub(super) address: SocketAddr,
}

impl Stub {
    /// Serves on a thread of its own, until the process ends.
    pub(super) fn start(world: World) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket of tokio");
        let address = listener.local_addr().expect("an address");
        let stub =
            Self { world: Arc::new(world), invocations: Arc::default(), done: Arc::default(), address };
        let app = Router::new().fallback(answer).with_state(stub.clone());
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, app).await.expect("the stub serves");
            });
        });
        stub
    }

    /// Begins with the events of another process.
    pub(super) fn begin(&self, events: &[String]) {
        *self.lock() = Invocations { left: events.iter().cloned().collect(), ..Invocations::default() };
    }

    /// Names the process.
    pub(super) fn watch(&self, pid: u32) {
        self.lock().pid = Some(pid);
    }

    /// Waits until the process asks for an event after the last one; returns what was seen.
    pub(super) async fn ended(&self) -> Invocations {
        self.done.notified().await;
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Invocations> {
        self.invocations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next event, or nothing ever if there are no more.
    async fn next(&self) -> Response {
        let event = {
            let mut invocations = self.lock();
            if let Some(pid) = invocations.pid {
                invocations.asked.push(Sample::of(pid));
            }
            let event = invocations.left.pop_front();
            if event.is_some() {
                invocations.given.push(Instant::now());
            }
            event
        };
        let Some(event) = event else {
            self.done.notify_one();
            return std::future::pending().await;
        };
        let headers = [
            ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
            ("lambda-runtime-deadline-ms", (now().as_millisecond() + 30_000).to_string()),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:000000000000:function:bench".to_owned(),
            ),
            ("content-type", "application/json".to_owned()),
        ];
        (headers, event).into_response()
    }

    fn aws(&self, target: &str, body: &Value) -> Value {
        match target.rsplit_once('.').map(|(_, operation)| operation) {
            Some("Query") => {
                let values = body["ExpressionAttributeValues"].to_string();
                // The key of a product's rules ends with the product.
                let is_global = values.contains("#IF#") && !values.contains("_purchased#");
                json!({ "Items": if is_global { self.world.rules.clone() } else { Vec::new() } })
            }
            Some("GetItem") => {
                let account = self.world.accounts.get(body["Key"]["sk"]["S"].as_str().unwrap_or_default());
                account.map_or_else(|| json!({}), |account| json!({ "Item": account }))
            }
            Some("Decrypt") => {
                let plain = BASE64_STANDARD.encode(self.world.credentials.to_string());
                json!({ "Plaintext": plain, "KeyId": "key", "EncryptionAlgorithm": "SYMMETRIC_DEFAULT" })
            }
            Some("SendMessageBatch") => {
                let sent = body["Entries"].as_array().into_iter().flatten().map(|entry| {
                    let digest = Md5::digest(entry["MessageBody"].as_str().unwrap_or_default());
                    let hex = |text: String, byte: &u8| format!("{text}{byte:02x}");
                    let digest = digest.iter().fold(String::new(), hex);
                    json!({ "Id": entry["Id"], "MessageId": "m-1", "MD5OfMessageBody": digest })
                });
                json!({ "Successful": sent.collect::<Vec<_>>(), "Failed": [] })
            }
            _ => json!({}),
        }
    }
}

async fn answer(
    State(stub): State<Stub>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(path) = uri.path().strip_prefix(RUNTIME) {
        return match path.rsplit('/').next() {
            Some("next") => stub.next().await,
            Some("response") => {
                stub.lock().answered.push(Instant::now());
                StatusCode::ACCEPTED.into_response()
            }
            _ => {
                stub.lock().failed.push(String::from_utf8_lossy(&body).into_owned());
                stub.done.notify_one();
                StatusCode::ACCEPTED.into_response()
            }
        };
    }
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let Some(target) = target else {
        stub.lock().calls.push(format!("{method} {}", uri.path()));
        if uri.path().starts_with("/schedules/") && method == Method::GET {
            let unknown =
                [("x-amzn-errortype", "ResourceNotFoundException"), ("content-type", "application/json")];
            return (StatusCode::NOT_FOUND, unknown, json!({ "Message": "There is none." }).to_string())
                .into_response();
        }
        if uri.path().starts_with("/schedules/") {
            let created =
                json!({ "ScheduleArn": "arn:aws:scheduler:us-east-1:000000000000:schedule/bench/1" });
            return ([("content-type", "application/json")], created.to_string()).into_response();
        }
        // A member of a list, as Mailchimp returns it, and a subscriber, as MailerLite does.
        let member = json!({
            "id": "1", "email_address": "ada@example.com", "status": "subscribed", "tags": [], "data": { "id": "1" },
        });
        return ([("content-type", "application/json")], member.to_string()).into_response();
    };
    stub.lock().calls.push(target.to_owned());
    let body = serde_json::from_slice(&body).unwrap_or_default();
    ([("content-type", "application/x-amz-json-1.0")], stub.aws(target, &body).to_string()).into_response()
}
