//! Calls of the management API by anybody, also by those who may not.

use reqwest::Method;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::portal::{Answer, Portal, operator};

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// Nobody that says who they are.
    Nobody,
    /// Whoever has this portal token, or what they take for one.
    Token(&'a str),
    /// The operator: the request is signed.
    Operator,
}

impl Engine {
    /// Calls the API. A caller who does not sign names a version that is nobody's, so that a change finds what it is of or
    /// does nothing.
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

    /// Opens an address in the merchant's browser, which follows no redirect by itself.
    pub async fn visit(&self, address: &str) -> Answer {
        Answer::of(self.http.get(address)).await
    }

    /// Opens a portal session for so many seconds: its id and its token.
    pub async fn session(&self, marketplace: &str, permission: &str, seconds: u32) -> (String, String) {
        let wish = json!({ "marketplace_id": marketplace, "permission": permission, "expires_in": seconds });
        let Portal { session, token, .. } = Portal::open_with(self, &wish).await;
        (session, token)
    }
}
