//! A server with prepared responses that records its requests.
//!
//! It uses bare TCP, because a test must be able to interrupt a connection, hang, and see the request exactly as it was
//! sent.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::http::HttpSettings;

/// A server on loopback that returns its replies in order, one for each request.
#[derive(Debug)]
pub struct Stub {
    address: String,
    /// Whether a reply never ends.
    hangs: bool,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    replies: VecDeque<Reply>,
    received: Vec<Received>,
}

/// A request exactly as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The method.
    pub method: String,
    /// Path and query, still encoded.
    pub target: String,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's value; empty if the header is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Method and target on one line.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// How the server handles a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Sends a response.
    Answer {
        /// The status.
        status: u16,
        /// The headers except the length.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// Reads the request, then closes the connection.
    HangUp,
    /// Reads the request, then sends nothing.
    Silence,
    /// Sends status 200 and the beginning of a long body, then nothing more.
    Trickle,
}

impl Reply {
    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self::Answer { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A status with a JSON body.
    #[expect(clippy::needless_pass_by_value, reason = "callers write json!(…)")]
    pub fn json(status: u16, body: Value) -> Self {
        Self::text(status, &body.to_string()).header("content-type", "application/json")
    }

    /// A status with a text body.
    pub fn text(status: u16, body: &str) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.into() }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

impl Stub {
    /// Starts on a free port. A request after the last reply gets status 599.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let replies: VecDeque<Reply> = replies.into_iter().collect();
        let hangs = replies.iter().any(|reply| matches!(reply, Reply::Silence | Reply::Trickle));
        let state = Arc::new(Mutex::new(State { replies, ..State::default() }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self { address, hangs, state, task })
    }

    /// The server's address, without a trailing slash.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Settings that use the server as the sandbox. If a reply hangs, the timeout is short enough for a test; otherwise
    /// it is longer, because a busy machine needs more time.
    pub fn settings(&self) -> HttpSettings {
        HttpSettings {
            sandbox: self.address.parse().ok(),
            request_timeout: Duration::from_millis(if self.hangs { 500 } else { 20_000 }),
            ..HttpSettings::default()
        }
    }

    /// The requests so far.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.state).received.clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One request for each connection: the client reconnects, so replies are independent.
async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(request) = read(&mut stream).await else { return };
    let reply = {
        let mut state = lock(&state);
        state.received.push(request);
        state.replies.pop_front().unwrap_or_else(|| Reply::text(599, "no reply is left"))
    };
    match reply {
        Reply::HangUp => {}
        Reply::Silence => silence().await,
        Reply::Trickle => {
            send(&mut stream, b"HTTP/1.1 200 Stub\r\ncontent-length: 1000000\r\n\r\nbegin").await;
            silence().await;
        }
        Reply::Answer { status, headers, body } => {
            let mut lines = vec![format!("HTTP/1.1 {status} Stub"), "connection: close".to_owned()];
            lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
            if status != 204 {
                lines.push(format!("content-length: {}", body.len()));
            }
            lines.extend([String::new(), String::new()]);
            send(&mut stream, &[lines.join("\r\n").as_bytes(), &body].concat()).await;
        }
    }
}

/// Longer than any client under test waits.
async fn silence() {
    tokio::time::sleep(Duration::from_mins(1)).await;
}

/// A client may have closed the connection; the test checks its result.
async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.ok();
    stream.flush().await.ok();
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: BTreeMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Received { method, target, headers, body })
}
