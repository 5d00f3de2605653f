//! The management API, called in the way of a merchant's console and an operator's platform.

use std::collections::BTreeMap;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::clock::now;
use crate::engine::{Engine, root};

/// A response of the API.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its ETag; empty if it has none.
    pub etag: String,
    /// Its body; null if it is not JSON.
    pub body: Value,
    /// The unparsed body, for searches.
    pub text: String,
}

impl Answer {
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("the API answers");
        let status = response.status();
        let etag = response.headers().get("etag").map(|tag| tag.to_str().expect("text").to_owned());
        let text = response.text().await.expect("text");
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self { status, etag: etag.unwrap_or_default(), body, text }
    }

    /// The body, if the response has this status.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.body
    }
}

/// The origin of a portal's pages.
pub const ORIGIN: &str = "https://portal.example.com";

/// A merchant's session in the portal.
pub struct Portal<'a> {
    engine: &'a Engine,
    /// The web origin of its pages.
    origin: Option<String>,
    /// The session's id.
    pub session: String,
    /// The session's token.
    pub token: String,
}

impl<'a> Portal<'a> {
    /// Opens a session for pages at [`ORIGIN`], as the operator's platform does: `permission` is `read` or `write`.
    pub async fn open(engine: &'a Engine, marketplace: &str, permission: &str) -> Self {
        let wish = json!({ "marketplace_id": marketplace, "permission": permission, "origin": ORIGIN });
        Self { origin: Some(ORIGIN.to_owned()), ..Self::open_with(engine, &wish).await }
    }

    /// Opens a session with this request body.
    pub async fn open_with(engine: &'a Engine, wish: &Value) -> Self {
        let opened = operator(engine, Method::POST, "/operator/sessions", Some(wish)).await.expect(201);
        let text = |key: &str| opened[key].as_str().expect(key).to_owned();
        Self { engine, origin: None, session: text("session"), token: text("token") }
    }

    /// A request with the session's token.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.engine.outputs.api_url);
        let request = self.engine.http.request(method, url).bearer_auth(&self.token);
        self.origin.iter().fold(request, |request, origin| request.header("origin", origin))
    }

    /// Begins a login that returns to a page of the portal.
    pub async fn begin_login(&self, wish: &Value) -> Answer {
        let mut wish = wish.clone();
        wish["return_to"] = json!(format!("{ORIGIN}/back"));
        self.post("/v1/logins", &wish).await
    }

    /// Finishes a login whose merchant was redirected to the API at this address.
    pub async fn finish_login(&self, app: &str, callback: &str) -> Answer {
        let back = self.engine.sandbox_redirect(callback).await;
        let mut parameters: BTreeMap<_, _> =
            reqwest::Url::parse(&back).expect("an address").query_pairs().into_owned().collect();
        parameters.remove("app");
        self.post("/v1/logins/finish", &json!({ "app": app, "parameters": parameters })).await
    }

    /// Sends a GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Sends a POST.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    /// Sends a change with this `If-Match` tag.
    pub async fn change(&self, method: Method, path: &str, etag: &str, body: &Value) -> Answer {
        let request = self.request(method, path).header("if-match", etag);
        Answer::of(if body.is_null() { request } else { request.json(body) }).await
    }

    /// Sends a request that was built elsewhere.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        Answer::of(request).await
    }
}

/// A request of the operator, signed with IAM (SigV4).
pub(crate) async fn operator(engine: &Engine, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let url = format!("{}{path}", engine.outputs.api_url);
    let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let identity = root().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&engine.outputs.region)
        .name("execute-api")
        .time(now().into())
        .settings(SigningSettings::default())
        .build()
        .expect("complete")
        .into();
    let headers = [("content-type", "application/json")];
    let signable =
        SignableRequest::new(method.as_str(), &url, headers.into_iter(), SignableBody::Bytes(&bytes));
    let (instructions, _) = sign(signable.expect("a request"), &params).expect("signed").into_parts();
    let mut request =
        engine.http.request(method, &url).header("content-type", "application/json").body(bytes);
    for (name, value) in instructions.headers() {
        request = request.header(name, value);
    }
    Answer::of(request).await
}
