//! Calls of the management API with any credentials.

use reqwest::Method;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::portal::{Answer, Portal, operator};

/// The caller's credentials.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// No credentials.
    Nobody,
    /// This portal token, valid or not.
    Token(&'a str),
    /// The operator: the request is signed.
    Operator,
}

impl Engine {
    /// Calls the API. An unsigned request sends an `If-Match` tag that matches no version, so that a change is looked
    /// up but has no effect.
    pub async fn call(&self, caller: Caller<'_>, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let url = format!("{}{path}", self.outputs.api_url);
        let request = self.http.request(method.clone(), url).header("if-match", "\"nobodys\"");
        let request = match caller {
            Caller::Operator => return operator(self, method, path, body).await,
            Caller::Nobody => request,
            Caller::Token(token) => request.bearer_auth(token),
        };
        Answer::of(match body {
            None => request,
            Some(body) => request.json(body),
        })
        .await
    }

    /// Opens an address in the merchant's browser, without following redirects.
    pub async fn visit(&self, address: &str) -> Answer {
        Answer::of(self.http.get(address)).await
    }

    /// Opens a portal session for so many seconds. Returns its id and its token.
    pub async fn session(&self, marketplace: &str, permission: &str, seconds: u32) -> (String, String) {
        let wish = json!({ "marketplace_id": marketplace, "permission": permission, "expires_in": seconds });
        let Portal { session, token, .. } = Portal::open_with(self, &wish).await;
        (session, token)
    }
}
