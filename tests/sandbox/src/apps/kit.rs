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

use jiff::Timestamp;
use serde_json::Value;

use self::account::Account;
use super::stand_in::{Holdings, StandIn};
use crate::exchange::{Reply, Request};
use crate::tokens::Tokens;

const ID: &str = "kit";

/// The stand-in: one account, whichever credential asks.
pub(super) type Kit = StandIn<Account>;

impl Holdings for Account {
    const ID: &'static str = ID;
    const NARROWED_BY: &'static [&'static str] = &["email"];
    type Seed = seed::Seed;

    fn initial(at: Timestamp) -> Self {
        Self::new(at)
    }

    fn answer(&mut self, request: &Request, tokens: &Tokens, path: &[&str]) -> Reply {
        match path {
            ["v3", path @ ..] => v3::answer(self, request, tokens, path),
            ["v4", path @ ..] => v4::answer(self, request, tokens, path),
            _ => v4::not_found(),
        }
    }

    fn state(&self, narrow: impl Fn(&str) -> Option<String>) -> Value {
        self.show(narrow("email").as_deref())
    }
}
