//! Kajabi, as far as the engine uses it: <https://developers.kajabi.com>, and an offer's activation and deactivation
//! webhooks: <https://help.kajabi.com/hc/en-us/articles/360037245374>.
//!
//! Access tokens come from `POST /v1/oauth/token`, for any API key and secret that are not blank. [`Tokens`] has keys,
//! secrets and access tokens: revoking a key or its secret revokes every token that was issued for them.
mod access;
mod account;
mod contacts;
mod document;
mod offers;
mod page;
mod problem;
mod seed;
mod webhooks;

use axum::http::header;
use jiff::Timestamp;
use serde_json::{Value, json};

use self::account::Account;
use self::document::MEDIA_TYPE;
use self::problem::Problem;
use super::stand_in::{Holdings, StandIn, answered};
use crate::exchange::{Reply, Request};
use crate::tokens::Tokens;

const ID: &str = "kajabi";

/// The stand-in: one account, for every key.
pub(super) type Kajabi = StandIn<Account>;

impl Holdings for Account {
    const ID: &'static str = ID;
    const NARROWED_BY: &'static [&'static str] = &["email"];
    type Seed = seed::Seed;

    fn initial(_: Timestamp) -> Self {
        Self::new()
    }

    fn answer(&mut self, request: &Request, tokens: &Tokens, path: &[&str]) -> Reply {
        match (request.method.as_str(), path) {
            ("POST", ["v1", "oauth", "token"]) => access::grant(self, request, tokens),
            ("POST", ["webhooks", "offers", token, offer, deed]) => {
                webhooks::call(self, request, (token, offer, deed))
            }
            (method, ["v1", path @ ..]) => answered(
                access::authorize(self, request, tokens, path)
                    .and_then(|()| route(self, request, method, path)),
            ),
            _ => Problem::not_found().into(),
        }
    }

    fn state(&self, narrow: impl Fn(&str) -> Option<String>) -> Value {
        self.show(narrow("email").as_deref())
    }
}

fn route(account: &mut Account, request: &Request, method: &str, path: &[&str]) -> Result<Reply, Problem> {
    // [?] JSON:API lets a server reject other media types; Kajabi does not document whether it does.
    if request.header(header::ACCEPT).is_some_and(|accept| accept != "*/*" && !accept.contains(MEDIA_TYPE)) {
        return Err(Problem::not_acceptable());
    }
    match (method, path) {
        ("GET", ["me"]) => Ok(offers::me()),
        ("GET", ["sites"]) => offers::sites(account, request),
        ("GET", ["offers"]) => offers::all(account, request),
        ("GET", ["offers", id]) => offers::one(account, request, id),
        ("GET", ["contacts"]) => contacts::all(account, request),
        ("POST", ["contacts"]) => contacts::create(account, request),
        ("GET", ["contacts", id, "relationships", "offers"]) => contacts::offers(account, id),
        ("POST", ["contacts", id, "relationships", "offers"]) => contacts::grant(account, request, id),
        ("DELETE", ["contacts", id, "relationships", "offers"]) => contacts::revoke(account, request, id),
        _ => Err(Problem::not_found()),
    }
}

/// Reads the document of a request.
fn body(request: &Request) -> Result<Value, Problem> {
    if request.media_type().as_deref() != Some(MEDIA_TYPE) {
        return Err(Problem::unsupported());
    }
    serde_json::from_slice(&request.body).map_err(|_| Problem::bad_request("The body is not JSON.", None))
}

/// A resource identifier: `{"type": "offers", "id": "123"}`.
fn identifier(kind: &str, id: &str) -> Value {
    json!({ "type": kind, "id": id })
}
