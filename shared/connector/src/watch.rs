//! The requests that are sent during a call, and their answers, for the person who tries an app.

use std::cell::RefCell;
use std::future::Future;

use domain::connector_rpc::PreviewedRequest;
use reqwest::Request;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::form_urlencoded;

use crate::http::Answer;
use crate::preview::shown::{HIDDEN, replaced, shown};

/// The longest text of an answer that is not JSON, in characters.
const EXCERPT: usize = 500;

tokio::task_local! {
    static WATCH: Watch;
}

struct Watch {
    /// The secrets, and their forms in an address; the longest first.
    secrets: Vec<String>,
    exchanges: RefCell<Vec<Exchange>>,
}

/// A request that was sent, and its answer, without credentials.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The request.
    pub request: PreviewedRequest,
    /// The answer; absent if none came.
    pub answer: Option<Answered>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The body as JSON, or the beginning of its text.
    pub body: Value,
}

/// Runs a call. Returns its output and what was sent. No text of it contains one of the secrets.
pub async fn watched<F: Future>(secrets: &[SecretString], call: F) -> (F::Output, Vec<Exchange>) {
    let mut texts: Vec<String> = Vec::new();
    for secret in secrets {
        for text in [secret.expose_secret(), secret.expose_secret().trim()] {
            texts.extend([text.to_owned(), form_urlencoded::byte_serialize(text.as_bytes()).collect()]);
        }
    }
    texts.retain(|text| !text.is_empty());
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let watch = Watch { secrets: texts, exchanges: RefCell::default() };
    WATCH
        .scope(watch, async {
            let output = call.await;
            (output, WATCH.with(|watch| watch.exchanges.take()))
        })
        .await
}

impl Watch {
    fn hide(&self, said: &str) -> String {
        self.secrets.iter().fold(said.to_owned(), |said, secret| said.replace(secret, HIDDEN))
    }
}

/// Notes a request before it is sent, within [`watched`].
pub(crate) fn sent(request: &Request) {
    let note = |watch: &Watch| {
        let request = shown(request, &|said: &str| watch.hide(said));
        watch.exchanges.borrow_mut().push(Exchange { request, answer: None });
    };
    // Outside of a trial, there is no watch.
    WATCH.try_with(note).ok();
}

/// Notes the answer to the latest request.
pub(crate) fn answered(answer: &Answer) {
    let note = |watch: &Watch| {
        if let Some(exchange) = watch.exchanges.borrow_mut().last_mut() {
            let body = answer.json::<Value>().unwrap_or_else(|_| Value::from(answer.excerpt(EXCERPT)));
            let body = replaced(body, &|said: &str| watch.hide(said));
            exchange.answer = Some(Answered { status: answer.status.as_u16(), body });
        }
    };
    WATCH.try_with(note).ok();
}
