//! Circle's Admin API V2, as far as the engine uses it: <https://api.circle.so/apis/admin-api>.
//!
//! Seed: see [`seed`]. State: `?email=` filters it; every member has `counts` and `changes`, one for each write that
//! reached them, so that a test can count how often an effect was applied. Kinds: `invited`, `deactivated`, and `on`
//! and `off` of `space`, `space_group`, `event` and `tag`, as in `space_on`.
//!
//! Circle's document does not define the following, so these are our choices:
//! - order of 404s: the space, group, event or tag is checked before the member;
//! - removing a member from a group, an event's list or a tag that they do not have: 404 with a record of its own, as
//!   documented for spaces;
//! - a deactivated member is not found by a search, has left everything, and can be invited again;
//! - adding to a group does not add to its spaces;
//! - pages of more than 100, and filters by part of a name;
//! - requests with a wrong form: 400 or 422 in Circle's error document, where Circle may be more lenient.
//!
//! `delete_member` is not implemented: the engine must never call it.
mod community;
mod form;
mod lists;
mod members;
mod problem;
mod seed;

use axum::http::header;
use jiff::Timestamp;
use serde_json::Value;

use self::community::{Community, Kind};
use self::problem::Problem;
use super::stand_in::{Holdings, StandIn, answered};
use crate::exchange::{Reply, Request};
use crate::tokens::{Standing, Tokens};

const ID: &str = "circle";

/// The stand-in: one community, for every token.
pub(super) type Circle = StandIn<Community>;

impl Holdings for Community {
    const ID: &'static str = ID;
    const NARROWED_BY: &'static [&'static str] = &["email"];
    type Seed = seed::Seed;

    fn initial(_: Timestamp) -> Self {
        Self::default()
    }

    fn answer(&mut self, request: &Request, tokens: &Tokens, path: &[&str]) -> Reply {
        answered(authorize(self, request, tokens).and_then(|()| route(self, request, path)))
    }

    fn state(&self, narrow: impl Fn(&str) -> Option<String>) -> Value {
        self.show(narrow("email").as_deref())
    }
}

/// `Token …`, as in the API's document, or `Bearer …`, as in its quick start. A token of the older API is rejected like
/// a wrong one: here, a token that begins with `v1`.
fn authorize(community: &Community, request: &Request, tokens: &Tokens) -> Result<(), Problem> {
    let (scheme, token) =
        request.header(header::AUTHORIZATION).and_then(|header| header.split_once(' ')).unwrap_or_default();
    let well_formed = ["token", "bearer"].contains(&scheme.to_ascii_lowercase().as_str())
        && !token.is_empty()
        && !token.contains(char::is_whitespace)
        && !token.to_ascii_lowercase().starts_with("v1");
    match tokens.standing(ID, token) {
        Some(Standing::Valid) => {}
        None if well_formed => {}
        Some(Standing::Revoked | Standing::Expired) | None => return Err(Problem::token_invalid()),
    }
    if community.eligible { Ok(()) } else { Err(Problem::not_eligible()) }
}

fn route(community: &mut Community, request: &Request, path: &[&str]) -> Result<Reply, Problem> {
    let ["api", "admin", "v2", path @ ..] = path else { return Err(Problem::no_such_call()) };
    match (request.method.as_str(), path) {
        ("GET", ["community"]) => Ok(lists::community(community)),
        ("POST", ["community_members"]) => members::invite(community, request),
        ("GET", ["community_members", "search"]) => members::search(community, request),
        ("DELETE", ["community_members", id]) => members::deactivate(community, request, id),
        ("POST", ["member_tags"]) => lists::create_tag(community, request),
        ("GET", [list]) => match Kind::ALL.into_iter().find(|kind| kind.list() == *list) {
            Some(kind) => lists::all(community, request, kind),
            None => Err(Problem::no_such_call()),
        },
        (method @ ("POST" | "DELETE"), [list]) => {
            match Kind::ALL.into_iter().find(|kind| kind.memberships() == *list) {
                Some(kind) if method == "POST" => members::join(community, request, kind),
                Some(kind) => members::leave(community, request, kind),
                None => Err(Problem::no_such_call()),
            }
        }
        _ => Err(Problem::no_such_call()),
    }
}
