//! HighLevel's API of version 2021-07-28, as far as the engine uses it.
//!
//! Seed: see [`seed`]. State: `?location=` and `?email=` filter it; every contact has `counts` and `changes`, one for
//! each write that reached them, so that a test can count how often an effect was applied. Kinds: `created`, `updated`,
//! `tags_replaced`, `tag_on`, `tag_off`.
//!
//! A token does not identify its location, so every token may access every existing location; other locations are
//! rejected as belonging to another user. Rate limits are not implemented: use a fault with 429.
mod account;
mod body;
mod contacts;
mod problem;
mod seed;

use axum::http::{StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use self::account::Account;
use self::problem::Problem;
use super::stand_in::{Holdings, StandIn, answered};
use crate::exchange::{Reply, Request};
use crate::tokens::{Standing, Tokens};

const ID: &str = "highlevel";

/// The API version of the stand-in.
const VERSION: &str = "2021-07-28";

/// The stand-in: one agency with its locations, for every token.
pub(super) type HighLevel = StandIn<Account>;

impl Holdings for Account {
    const ID: &'static str = ID;
    const NARROWED_BY: &'static [&'static str] = &["location", "email"];
    type Seed = seed::Seed;

    fn initial(_: Timestamp) -> Self {
        Self::new()
    }

    fn answer(&mut self, request: &Request, tokens: &Tokens, path: &[&str]) -> Reply {
        answered(authorize(request, tokens).and_then(|()| route(self, request, path)))
    }

    fn state(&self, narrow: impl Fn(&str) -> Option<String>) -> Value {
        self.show(narrow("location").as_deref(), narrow("email").as_deref())
    }
}

/// Requires a bearer token and the version. No document defines the error for an absent or unknown version; clients
/// have received these 401s.
fn authorize(request: &Request, tokens: &Tokens) -> Result<(), Problem> {
    let bearer = request.header(header::AUTHORIZATION).and_then(|header| header.split_once(' '));
    let token =
        bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let token = token.filter(|token| !token.is_empty()).ok_or_else(Problem::bad_token)?;
    match tokens.standing(ID, token) {
        Some(Standing::Revoked) => return Err(Problem::bad_token()),
        Some(Standing::Expired) => return Err(Problem::expired_token()),
        Some(Standing::Valid) | None => {}
    }
    match request.header("version") {
        None => Err(Problem::unauthorized("version header was not found.")),
        Some(VERSION) => Ok(()),
        Some(_) => Err(Problem::unauthorized("version header is invalid")),
    }
}

fn route(account: &mut Account, request: &Request, path: &[&str]) -> Result<Reply, Problem> {
    match (request.method.as_str(), path) {
        ("POST", ["contacts"]) => contacts::create(account, request),
        ("POST", ["contacts", "upsert"]) => contacts::upsert(account, request),
        ("GET", ["contacts", "search", "duplicate"]) => contacts::find(account, request),
        ("PUT", ["contacts", contact]) => contacts::update(account, request, contact),
        ("POST", ["contacts", contact, "tags"]) => contacts::add_tags(account, request, contact),
        ("DELETE", ["contacts", contact, "tags"]) => contacts::remove_tags(account, request, contact),
        ("GET", ["locations", location]) => {
            let location = account.location(location)?;
            let shown = json!({ "location": { "id": location.id, "name": location.name } });
            Ok(Reply::json(StatusCode::OK, &shown))
        }
        ("GET", ["locations", location, "tags"]) => {
            let location = account.location(location)?;
            let tag =
                |(name, id): (&String, &String)| json!({ "id": id, "name": name, "locationId": location.id });
            let tags: Vec<Value> = location.tags.iter().map(tag).collect();
            Ok(Reply::json(StatusCode::OK, &json!({ "tags": tags })))
        }
        (method, _) => Err(Problem::no_route(method, &request.path)),
    }
}
