//! Kit (ConvertKit), as far as the engine uses it: V3 with an API secret, and V4 with an OAuth token or an API key.
//!
//! Seed: see [`seed`]. State: `?email=` narrows it; every subscriber carries `counts` and `changes`, one for each write
//! that reached them, and every purchase how often it was `recorded`, so that a test can tell how often an effect was
//! applied. Kinds: `added`, `updated`, `tag_on`, `tag_off`.
//!
//! Where Kit's documents are silent, this is chosen: V4 keys begin with `kit_`, as all that have been seen; V3's API key
//! is [`account::API_KEY`], and any other text without that prefix is an API secret; every 401 of V3 reads the same; V3
//! answers 404 for a tag or subscriber that it does not have; a tag that the subscriber does not have is removed with
//! success; a second purchase of one transaction is answered with the first; numbers are not taken for texts, nor texts
//! for numbers.
mod account;
mod seed;
mod v3;
mod v4;
mod written;

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use self::account::Account;
use super::{App, Query, only};
use crate::clock;
use crate::exchange::{Refusal, Reply, Request, instruction};
use crate::tokens::Tokens;

const ID: &str = "kit";

/// The stand-in: one account, whichever credential asks.
pub(super) struct Kit(Mutex<Account>);

impl Default for Kit {
    fn default() -> Self {
        Self(Mutex::new(Account::new(clock::now())))
    }
}

impl App for Kit {
    fn id(&self) -> &'static str {
        ID
    }

    fn answer(&self, request: &Request, tokens: &Tokens) -> Reply {
        let mut account = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        match segments.as_slice() {
            ["v3", path @ ..] => v3::answer(&mut account, request, tokens, path),
            ["v4", path @ ..] => v4::answer(&mut account, request, tokens, path),
            _ => v4::not_found(),
        }
    }

    fn state(&self, query: &Query) -> Result<Value, Refusal> {
        only(query, &["email"])?;
        let email = query.get("email").map(String::as_str);
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).show(email))
    }

    fn seed(&self, seed: Value) -> Result<(), Refusal> {
        let seed = instruction(seed)?;
        seed::plant(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), seed, clock::now())
    }

    fn reset(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Account::new(clock::now());
    }
}
