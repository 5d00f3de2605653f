//! Mailchimp Marketing API 3.0, as far as the engine uses it.
//!
//! Seed: see [`seed`]. State: `?list=` and `?email=` filter it; every member has `counts` and `changes`, one for each
//! write that reached it, so that a test can count how often an effect was applied. Kinds: `added`, `updated`,
//! `archived`, `tag_on`, `tag_off`, `confirmation_sent`.
//!
//! `actions/delete-permanent` is not implemented: the engine must never call it.
mod account;
mod body;
mod lists;
mod members;
mod problem;
mod seed;

use axum::http::header;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use self::account::Account;
use self::problem::Problem;
use super::stand_in::{Holdings, StandIn, answered};
use crate::exchange::{Reply, Request};
use crate::tokens::{Standing, Tokens};

const ID: &str = "mailchimp";

/// Mailchimp's time format.
const TIME: &str = "%Y-%m-%dT%H:%M:%S+00:00";

/// The stand-in: one account, for every key.
pub(super) type Mailchimp = StandIn<Account>;

impl Holdings for Account {
    const ID: &'static str = ID;
    const NARROWED_BY: &'static [&'static str] = &["list", "email"];
    type Seed = seed::Seed;

    fn initial(at: Timestamp) -> Self {
        Self::new(at)
    }

    fn answer(&mut self, request: &Request, tokens: &Tokens, path: &[&str]) -> Reply {
        answered(authorize(request, tokens).and_then(|()| route(self, request, path)))
    }

    fn state(&self, narrow: impl Fn(&str) -> Option<String>) -> Value {
        self.show(narrow("list").as_deref(), narrow("email").as_deref())
    }
}

/// Basic with any user name and the key as password, or Bearer with the key or an OAuth token.
fn authorize(request: &Request, tokens: &Tokens) -> Result<(), Problem> {
    let header = request.header(header::AUTHORIZATION).ok_or_else(Problem::key_missing)?;
    let (scheme, value) = header.split_once(' ').ok_or_else(Problem::key_invalid)?;
    let value = value.trim();
    let (token, well_formed) = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => (value.to_owned(), !value.is_empty()),
        "basic" => {
            let decoded = STANDARD.decode(value).ok().and_then(|decoded| String::from_utf8(decoded).ok());
            let decoded = decoded.ok_or_else(Problem::key_invalid)?;
            let key = decoded.split_once(':').map(|(_, key)| key).ok_or_else(Problem::key_invalid)?;
            (key.to_owned(), names_data_center(key))
        }
        _ => return Err(Problem::key_invalid()),
    };
    match tokens.standing(ID, &token) {
        Some(Standing::Valid) => Ok(()),
        Some(Standing::Revoked) => Err(Problem::key_disabled()),
        None if well_formed => Ok(()),
        Some(Standing::Expired) | None => Err(Problem::key_invalid()),
    }
}

/// A key ends in its data center, e.g. `…-us6`, from which a client derives the host.
fn names_data_center(key: &str) -> bool {
    key.rsplit_once('-').is_some_and(|(secret, center)| {
        let letters = center.trim_end_matches(|c: char| c.is_ascii_digit());
        !secret.is_empty()
            && !letters.is_empty()
            && letters.len() < center.len()
            && letters.chars().all(char::is_alphabetic)
    })
}

fn route(account: &mut Account, request: &Request, path: &[&str]) -> Result<Reply, Problem> {
    let ["3.0", path @ ..] = path else { return Err(Problem::not_found()) };
    let get = |reply: Result<Reply, Problem>| match request.method.as_str() {
        "GET" => reply,
        _ => Err(Problem::method_not_allowed("GET")),
    };
    match path {
        [] => get(Ok(lists::root(account, request))),
        ["ping"] => get(Ok(lists::ping())),
        ["lists"] => get(lists::all(account, request)),
        ["lists", list] => get(lists::one(account, request, list)),
        ["lists", list, "tag-search"] => get(lists::tag_search(account, request, list)),
        ["lists", list, "segments"] => get(lists::segments(account, request, list)),
        ["lists", list, "merge-fields"] => get(lists::merge_fields(account, request, list)),
        ["lists", list, "members"] => match request.method.as_str() {
            "GET" => members::all(account, request, list),
            "POST" => members::post(account, request, list),
            _ => Err(Problem::method_not_allowed("GET, POST")),
        },
        ["lists", list, "members", member] => match request.method.as_str() {
            "GET" => members::get(account, request, list, member),
            "PUT" => members::put(account, request, list, member),
            "PATCH" => members::patch(account, request, list, member),
            "DELETE" => members::delete(account, request, list, member),
            _ => Err(Problem::method_not_allowed("GET, PUT, PATCH, DELETE")),
        },
        ["lists", list, "members", member, "tags"] => match request.method.as_str() {
            "GET" => members::tags(account, request, list, member),
            "POST" => members::switch_tags(account, request, list, member),
            _ => Err(Problem::method_not_allowed("GET, POST")),
        },
        _ => Err(Problem::not_found()),
    }
}
