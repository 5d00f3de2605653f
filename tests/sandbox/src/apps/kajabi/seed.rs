//! Seeding the account.
//!
//! ```json
//! {"sites": [{"id": "503", "title": "…"}],
//!  "offers": [{"id": "704", "site": "503", "title": "…", "internal_title": "…", "webhook_token": "…"}],
//!  "contacts": [{"site": "501", "email": "a@b.co", "name": "…", "external_user_id": "…", "offers": ["701"]}],
//!  "undeliverable": ["c@d.co"], "forbidden": ["offers"], "token_seconds": 7200}
//! ```
//! An existing site or offer is replaced; a seed adds to an existing contact. Seeds do not count as changes.
use jiff::Timestamp;
use serde::Deserialize;

use super::account::{Account, Offer, Site};
use super::contacts::is_address;
use crate::apps::stand_in::Plant;
use crate::exchange::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::apps) struct Seed {
    #[serde(default)]
    sites: Vec<SeedSite>,
    #[serde(default)]
    offers: Vec<SeedOffer>,
    #[serde(default)]
    contacts: Vec<SeedContact>,
    #[serde(default)]
    undeliverable: Vec<String>,
    #[serde(default)]
    forbidden: Vec<String>,
    token_seconds: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedSite {
    id: String,
    title: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedOffer {
    id: String,
    site: String,
    title: String,
    internal_title: Option<String>,
    webhook_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedContact {
    site: String,
    email: String,
    name: Option<String>,
    external_user_id: Option<String>,
    #[serde(default)]
    offers: Vec<String>,
}

impl Plant<Account> for Seed {
    fn plant(self, account: &mut Account, at: Timestamp) -> Result<(), Refusal> {
        for SeedSite { id, title } in self.sites {
            account.sites.retain(|known| known.id != id);
            account.sites.push(Site { id, title });
        }
        for (index, offer) in self.offers.into_iter().enumerate() {
            has_site(account, &offer.site, &format!("offers[{index}]"))?;
            account.offers.retain(|known| known.id != offer.id);
            let webhook_token = offer.webhook_token.unwrap_or_else(|| format!("sandbox-{}", offer.id));
            let SeedOffer { id, site, title, internal_title, .. } = offer;
            account.offers.push(Offer { id, site, title, internal_title, webhook_token });
        }
        for (index, contact) in self.contacts.into_iter().enumerate() {
            has_site(account, &contact.site, &format!("contacts[{index}]"))?;
            if !is_address(&contact.email) {
                return Err(Refusal::new(format!(
                    "contacts[{index}].email: `{}` is no address",
                    contact.email
                )));
            }
            if let Some(unknown) = contact.offers.iter().find(|id| account.offer(id).is_none()) {
                return Err(Refusal::new(format!("contacts[{index}].offers: there is no offer `{unknown}`")));
            }
            if account.contact_of(&contact.site, &contact.email).is_none() {
                account.add(&contact.site, &contact.email, None, at);
            }
            if let Some(known) = account.contact_of(&contact.site, &contact.email) {
                known.name = contact.name.or(known.name.take());
                known.external_user_id = contact.external_user_id.or(known.external_user_id.take());
                known.offers.extend(contact.offers);
            }
        }
        account.undeliverable.extend(self.undeliverable.iter().map(|address| address.to_lowercase()));
        account.forbidden.extend(self.forbidden);
        account.token_seconds = self.token_seconds.unwrap_or(account.token_seconds);
        Ok(())
    }
}

fn has_site(account: &Account, site: &str, what: &str) -> Result<(), Refusal> {
    let known = account.sites.iter().any(|known| known.id == site);
    known.then_some(()).ok_or_else(|| Refusal::new(format!("{what}.site: there is no site `{site}`")))
}
