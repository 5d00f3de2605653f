//! Seeding the agency.
//!
//! ```json
//! {"locations": [{"id": "demo", "name": "…", "allow_duplicates": false, "order": ["email", "phone"], "tags": ["vip"],
//!    "contacts": [{"fields": {"email": "a@b.co", "firstName": "Ada", "phone": "+15550100"}, "tags": ["vip"],
//!      "contested": true}]}]}
//! ```
//! A seed adds to an existing location; each contact is a new contact. A search misses a contested contact until a call
//! would create it, as when two calls create it at the same moment. Seeds do not count as changes.
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::account::{Account, Location, Matching};
use crate::apps::stand_in::Plant;
use crate::exchange::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::apps) struct Seed {
    locations: Vec<SeedLocation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedLocation {
    id: String,
    name: Option<String>,
    allow_duplicates: Option<bool>,
    order: Option<Vec<Matching>>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    contacts: Vec<SeedContact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedContact {
    fields: Map<String, Value>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    contested: bool,
}

impl Plant<Account> for Seed {
    fn plant(self, account: &mut Account, at: Timestamp) -> Result<(), Refusal> {
        for (index, location) in self.locations.iter().enumerate() {
            for contact in &location.contacts {
                if let Some((field, _)) = contact.fields.iter().find(|(_, value)| !value.is_string()) {
                    return Err(Refusal::new(format!("locations[{index}].contacts: `{field}` is no text")));
                }
            }
        }
        for planted in self.locations {
            let ids: Vec<String> = planted.contacts.iter().map(|_| account.next_contact()).collect();
            let location = account
                .locations
                .entry(planted.id.clone())
                .or_insert_with(|| Location::new(&planted.id, &planted.id));
            location.name = planted.name.unwrap_or_else(|| location.name.clone());
            location.allow_duplicates = planted.allow_duplicates.unwrap_or(location.allow_duplicates);
            location.order = planted.order.unwrap_or_else(|| location.order.clone());
            for tag in &planted.tags {
                location.ensure_tag(tag);
            }
            for (contact, id) in planted.contacts.into_iter().zip(ids) {
                let tags = contact.tags.iter().map(|tag| location.ensure_tag(tag)).collect();
                let position = location.add(id, at);
                location.contacts[position].fields = contact.fields;
                location.contacts[position].tags = tags;
                location.contacts[position].contested = contact.contested;
            }
        }
        Ok(())
    }
}
