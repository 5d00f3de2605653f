//! Thinkific's Admin API v1, as far as the engine uses it.
//!
//! Seed: see [`seed`]. State: `?email=` filters it; users and enrollments have `counts` and `changes`, one for each
//! write that reached them, so that a test can count how often an effect was applied. Kinds: `created`, `welcomed` (the
//! site's welcome e-mail was sent to a user), `enrolled`, `updated`.
//!
//! Where the vendor's documents are silent, the stand-in takes the stricter choice, with a comment. Nothing is ever
//! deleted: the engine must not, and enrollments have no call for it.
mod body;
mod bundles;
mod catalog;
mod enrollments;
mod refused;
mod seed;
mod site;
mod users;

use axum::http::header;
use jiff::Timestamp;
use serde_json::Value;

use self::refused::Refused;
use self::site::Site;
use super::stand_in::{Holdings, StandIn, answered};
use crate::clock;
use crate::exchange::{Reply, Request};
use crate::tokens::{Standing, Tokens};

const ID: &str = "thinkific";

/// The result of a call.
type Answer = Result<Reply, Refused>;

/// The stand-in: one site, for every key.
pub(super) type Thinkific = StandIn<Site>;

impl Holdings for Site {
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
        self.show(narrow("email").as_deref(), clock::now())
    }
}

/// An API key with the name of its site, or an OAuth token alone.
/// <https://support.thinkific.dev/hc/en-us/articles/4422657425431-Authorization-using-API-Key>
fn authorize(site: &Site, request: &Request, tokens: &Tokens) -> Result<(), Refused> {
    let token = if let Some(value) = request.header(header::AUTHORIZATION) {
        value.strip_prefix("Bearer ").unwrap_or_default()
    } else {
        let subdomain = request.header("x-auth-subdomain").unwrap_or_default();
        request.header("x-auth-api-key").filter(|_| is_subdomain(subdomain)).unwrap_or_default()
    };
    match tokens.standing(ID, token.trim()) {
        Some(Standing::Valid) | None if !token.trim().is_empty() => {}
        Some(Standing::Valid | Standing::Revoked | Standing::Expired) | None => {
            return Err(Refused::Credentials);
        }
    }
    if site.plan_without_apps { Err(Refused::Plan) } else { Ok(()) }
}

/// Only `my-school`, not the whole host.
fn is_subdomain(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn route(site: &mut Site, request: &Request, path: &[&str]) -> Answer {
    let ["api", "public", "v1", path @ ..] = path else { return Err(Refused::NotFound) };
    match (request.method.as_str(), path) {
        ("GET", ["courses"]) => catalog::courses(site, request),
        ("GET", ["products"]) => catalog::products(site, request),
        ("GET", ["users"]) => users::search(site, request),
        ("POST", ["users"]) => users::create(site, request),
        ("GET", ["enrollments"]) => enrollments::search(site, request),
        ("POST", ["enrollments"]) => enrollments::create(site, request),
        ("PUT", ["enrollments", id]) => enrollments::update(site, request, number(id)?),
        ("GET", ["bundles", id]) => bundles::one(site, number(id)?),
        ("GET", ["bundles", id, "enrollments"]) => bundles::search(site, request, number(id)?),
        ("POST", ["bundles", id, "enrollments"]) => bundles::create(site, request, number(id)?),
        ("PUT", ["bundles", id, "enrollments"]) => bundles::update(site, request, number(id)?),
        (
            _,
            ["courses" | "products" | "users" | "enrollments"]
            | ["enrollments" | "bundles", _]
            | ["bundles", _, "enrollments"],
        ) => Err(Refused::Method),
        _ => Err(Refused::NotFound),
    }
}

/// An id in a path.
fn number(id: &str) -> Result<u64, Refused> {
    id.parse().map_err(|_| Refused::NotFound)
}
