//! Kit (ConvertKit), as far as the engine uses it: V3 with an API secret, and V4 with an OAuth token or an API key.
//!
//! Seed: see [`seed`]. State: `?email=` filters it; every subscriber has `counts` and `changes`, one for each write
//! that reached them, and every purchase has the number of times that it was `recorded`, so that a test can count how
//! often an effect was applied. Kinds: `added`, `updated`, `tag_on`, `tag_off`.
//!
//! Kit does not document the following, so these are our choices: V4 keys begin with `kit_`, as all known keys do; V3's
//! API key is [`account::API_KEY`], and any other text without that prefix is an API secret; every 401 of V3 is the
//! same; V3 returns 404 for a tag or subscriber that does not exist; removing a tag that the subscriber does not have
//! succeeds; a second purchase with the same transaction returns the first; numbers are not accepted as texts, nor
//! texts as numbers.
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

/// The stand-in: one account, for every credential.
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
