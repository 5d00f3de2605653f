//! Seeding the account.
//!
//! ```json
//! {"tags": ["VIP"], "forms": ["Newsletter"], "limit": 1000,
//!  "subscribers": [{"email": "a@b.co", "first_name": "Ada", "state": "cancelled", "tags": ["VIP"]}]}
//! ```
//! A subscriber's tag is created if it does not exist; an existing subscriber is replaced. Seeds do not count as
//! changes.
use jiff::Timestamp;
use serde::Deserialize;

use super::account::{Account, State};
use super::written::is_address;
use crate::apps::stand_in::Plant;
use crate::exchange::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::apps) struct Seed {
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    forms: Vec<String>,
    #[serde(default)]
    subscribers: Vec<SeedSubscriber>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedSubscriber {
    email: String,
    first_name: Option<String>,
    #[serde(default = "active")]
    state: State,
    #[serde(default)]
    tags: Vec<String>,
}

fn active() -> State {
    State::Active
}

impl Plant<Account> for Seed {
    fn plant(self, account: &mut Account, at: Timestamp) -> Result<(), Refusal> {
        if let Some(wrong) = self.subscribers.iter().find(|subscriber| !is_address(&subscriber.email)) {
            return Err(Refusal::new(format!("subscribers: `{}` is no address", wrong.email)));
        }
        for tag in &self.tags {
            account.ensure_tag(tag);
        }
        for form in &self.forms {
            account.ensure_form(form);
        }
        account.limit = self.limit.or(account.limit);
        for SeedSubscriber { email, first_name, state, tags } in self.subscribers {
            let tags: Vec<u64> = tags.iter().map(|tag| account.ensure_tag(tag)).collect();
            account.subscribers.remove(&email.to_lowercase());
            account.plant(&email, first_name, state, at).tags.extend(tags.into_iter().map(|tag| (tag, at)));
        }
        Ok(())
    }
}
