//! Seeding the agency.
//!
//! ```json
//! {"locations": [{"id": "demo", "name": "…", "allow_duplicates": false, "order": ["email", "phone"], "tags": ["vip"],
//!    "contacts": [{"fields": {"email": "a@b.co", "firstName": "Ada", "phone": "+15550100"}, "tags": ["vip"]}],
//!    "contested": ["a@b.co"]}]}
//! ```
//! A location that exists is added to; each contact is a new one. An upsert of a contested address that is there is refused
//! as a duplicate, as when another one has just won. Seeds count as no change.
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::account::{Account, Location, Matching};
use crate::exchange::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seed {
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
    #[serde(default)]
    contested: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedContact {
    fields: Map<String, Value>,
    #[serde(default)]
    tags: Vec<String>,
}

/// Adds all of it, or nothing.
pub(super) fn plant(account: &mut Account, seed: Seed, at: Timestamp) -> Result<(), Refusal> {
    for (index, location) in seed.locations.iter().enumerate() {
        for contact in &location.contacts {
            if let Some((field, _)) = contact.fields.iter().find(|(_, value)| !value.is_string()) {
                return Err(Refusal::new(format!("locations[{index}].contacts: `{field}` is no text")));
            }
        }
    }
    for planted in seed.locations {
        let ids: Vec<String> = planted.contacts.iter().map(|_| account.next_contact()).collect();
        let location = account
            .locations
            .entry(planted.id.clone())
            .or_insert_with(|| Location::new(&planted.id, &planted.id));
        location.name = planted.name.unwrap_or_else(|| location.name.clone());
        location.allow_duplicates = planted.allow_duplicates.unwrap_or(location.allow_duplicates);
        location.order = planted.order.unwrap_or_else(|| location.order.clone());
        location.contested.extend(planted.contested.iter().map(|email| email.to_lowercase()));
        for tag in &planted.tags {
            location.ensure_tag(tag);
        }
        for (contact, id) in planted.contacts.into_iter().zip(ids) {
            let tags = contact.tags.iter().map(|tag| location.ensure_tag(tag)).collect();
            let position = location.add(id, at);
            location.contacts[position].fields = contact.fields;
            location.contacts[position].tags = tags;
        }
    }
    Ok(())
}
