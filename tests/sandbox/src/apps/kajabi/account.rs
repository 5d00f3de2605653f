//! The state of a Kajabi account.
use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::apps::stand_in::{History, totals};
use crate::exchange::Request;

/// An issued access token.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    /// The API key and its secret.
    pub(super) pair: [String; 2],
    pub(super) expires: Timestamp,
}

/// A site. Each contact and offer belongs to one site.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) id: String,
    pub(super) title: String,
}

/// An offer.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) id: String,
    pub(super) site: String,
    pub(super) title: String,
    pub(super) internal_title: Option<String>,
    /// The secret of its activation URL.
    pub(super) webhook_token: String,
}

/// A contact of a site.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub(super) id: String,
    pub(super) site: String,
    /// [?] In lower case, regardless of how it was written.
    pub(super) email: String,
    pub(super) name: Option<String>,
    /// The external id from an activation; a deactivation must send the same id, including case.
    pub(super) external_user_id: Option<String>,
    /// The ids of the contact's offers.
    pub(super) offers: BTreeSet<String>,
    pub(super) created: Timestamp,
    history: History,
}

impl Contact {
    /// Records a write, so that a test can count how often an effect was applied.
    pub(super) fn note(&mut self, request: &Request, kind: &'static str, changed: bool, offer: Option<&str>) {
        self.history.note(request, kind, changed, offer.map(|offer| ("offer", json!(offer))));
    }

    /// Grants an offer, and counts a welcome e-mail if it was requested and the offer is new to the contact.
    pub(super) fn grant(&mut self, request: &Request, offer: &str, welcome: bool) {
        let is_new = self.offers.insert(offer.to_owned());
        self.note(request, "granted", is_new, Some(offer));
        if is_new && welcome {
            self.note(request, "welcome_mail", true, Some(offer));
        }
    }

    /// Revokes an offer.
    pub(super) fn revoke(&mut self, request: &Request, offer: &str) {
        let had = self.offers.remove(offer);
        self.note(request, "revoked", had, Some(offer));
    }

    fn show(&self) -> Value {
        self.history.of(json!({
            "id": self.id,
            "site": self.site,
            "email": self.email,
            "name": self.name,
            "external_user_id": self.external_user_id,
            "offers": self.offers,
        }))
    }
}

/// The account of every key: the sandbox has only one.
#[derive(Clone, Debug)]
pub(in crate::apps) struct Account {
    pub(super) sites: Vec<Site>,
    pub(super) offers: Vec<Offer>,
    pub(super) contacts: Vec<Contact>,
    /// Addresses that Kajabi considers undeliverable, in lower case.
    pub(super) undeliverable: BTreeSet<String>,
    /// The paths that the key's user may not access, by first segment.
    pub(super) forbidden: BTreeSet<String>,
    /// By access token.
    pub(super) issued: HashMap<String, Issued>,
    /// [?] The lifetime of an access token. Third parties report two hours.
    pub(super) token_seconds: i64,
    last_contact: u64,
}

impl Account {
    /// Two sites, so that a call without a site fails.
    pub(super) fn new() -> Self {
        let site = |id: &str, title: &str| Site { id: id.to_owned(), title: title.to_owned() };
        let offer = |id: &str, site: &str, title: &str, internal: Option<&str>| Offer {
            id: id.to_owned(),
            site: site.to_owned(),
            title: title.to_owned(),
            internal_title: internal.map(str::to_owned),
            webhook_token: format!("sandbox-{id}"),
        };
        Self {
            sites: vec![site("501", "Ada's Academy"), site("502", "Ada's Studio")],
            offers: vec![
                offer("701", "501", "Demo course", None),
                offer("702", "501", "Demo membership", Some("membership_monthly")),
                offer("703", "502", "Demo coaching", None),
            ],
            contacts: Vec::new(),
            undeliverable: BTreeSet::new(),
            forbidden: BTreeSet::new(),
            issued: HashMap::new(),
            token_seconds: 7200,
            last_contact: 9000,
        }
    }

    /// The offer with this id.
    pub(super) fn offer(&self, id: &str) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.id == id)
    }

    /// The contact with this address on a site.
    pub(super) fn contact_of(&mut self, site: &str, email: &str) -> Option<&mut Contact> {
        let email = email.to_lowercase();
        self.contacts.iter_mut().find(|contact| contact.site == site && contact.email == email)
    }

    /// Adds a contact, who must not exist.
    pub(super) fn add(
        &mut self,
        site: &str,
        email: &str,
        name: Option<String>,
        created: Timestamp,
    ) -> &mut Contact {
        self.last_contact += 1;
        let at = self.contacts.len();
        self.contacts.push(Contact {
            id: self.last_contact.to_string(),
            site: site.to_owned(),
            email: email.to_lowercase(),
            name,
            external_user_id: None,
            offers: BTreeSet::new(),
            created,
            history: History::default(),
        });
        &mut self.contacts[at]
    }

    /// The whole state, or that of one address.
    pub(super) fn show(&self, email: Option<&str>) -> Value {
        let wanted = |contact: &&Contact| email.is_none_or(|email| contact.email == email.to_lowercase());
        let sites = self.sites.iter().map(|site| json!({ "id": site.id, "title": site.title }));
        let offers = self.offers.iter().map(|offer| {
            let url = format!("/webhooks/offers/{}/{}/activate", offer.webhook_token, offer.id);
            json!({ "id": offer.id, "site": offer.site, "title": offer.title, "activate_url": url })
        });
        json!({
            "sites": sites.collect::<Vec<_>>(),
            "offers": offers.collect::<Vec<_>>(),
            "contacts": self.contacts.iter().filter(wanted).map(Contact::show).collect::<Vec<_>>(),
            "undeliverable": self.undeliverable,
            "forbidden": self.forbidden,
            "tokens_issued": self.issued.len(),
            "totals": totals(self.contacts.iter().map(|contact| &contact.history)),
        })
    }
}
