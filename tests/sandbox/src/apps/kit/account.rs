//! The state of a Kit account.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::written::Bought;
use crate::apps::stand_in::{History, totals};
use crate::exchange::Request;

/// V3's API key of the account, which allows fewer calls than a secret.
pub(super) const API_KEY: &str = "the-api-key-of-v3";

/// A subscriber's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Active,
    Inactive,
    Cancelled,
    Bounced,
    Complained,
}

/// A subscriber.
#[derive(Clone, Debug)]
pub(super) struct Subscriber {
    pub(super) id: u64,
    pub(super) email: String,
    pub(super) first_name: Option<String>,
    pub(super) state: State,
    /// By id, with the time at which each was added.
    pub(super) tags: BTreeMap<u64, Timestamp>,
    pub(super) created: Timestamp,
    history: History,
}

impl Subscriber {
    /// Records a write.
    fn note(&mut self, request: &Request, kind: &'static str, changed: bool, tag: Option<u64>) {
        self.history.note(request, kind, changed, tag.map(|tag| ("tag", json!(tag))));
    }

    /// Adds a tag and returns whether it is new.
    pub(super) fn tag(&mut self, request: &Request, tag: u64) -> bool {
        let changed = !self.tags.contains_key(&tag);
        self.tags.entry(tag).or_insert(request.at);
        self.note(request, "tag_on", changed, Some(tag));
        changed
    }

    /// Removes a tag.
    pub(super) fn untag(&mut self, request: &Request, tag: u64) {
        let changed = self.tags.remove(&tag).is_some();
        self.note(request, "tag_off", changed, Some(tag));
    }
}

/// A purchase, and how often it was recorded.
#[derive(Clone, Debug)]
pub(super) struct Purchase {
    pub(super) id: u64,
    pub(super) subscriber: u64,
    pub(super) bought: Bought,
    pub(super) recorded: u64,
}

/// The account of every credential: the sandbox has only one.
#[derive(Clone, Debug)]
pub(in crate::apps) struct Account {
    pub(super) created: Timestamp,
    /// Names by id.
    pub(super) tags: BTreeMap<u64, String>,
    pub(super) forms: BTreeMap<u64, String>,
    /// By address in lower case.
    pub(super) subscribers: BTreeMap<String, Subscriber>,
    /// By transaction id.
    pub(super) purchases: BTreeMap<String, Purchase>,
    /// The maximum number of subscribers in the plan.
    pub(super) limit: Option<usize>,
    last: u64,
}

impl Account {
    /// Two tags and a form.
    pub(super) fn new(created: Timestamp) -> Self {
        let mut account = Self {
            created,
            tags: BTreeMap::new(),
            forms: BTreeMap::new(),
            subscribers: BTreeMap::new(),
            purchases: BTreeMap::new(),
            limit: None,
            last: 100,
        };
        for tag in ["Customer", "VIP"] {
            account.ensure_tag(tag);
        }
        account.ensure_form("Newsletter");
        account
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// The tag with exactly this name.
    pub(super) fn tag_named(&self, name: &str) -> Option<u64> {
        named(&self.tags, name)
    }

    /// Ensures that a tag exists.
    pub(super) fn ensure_tag(&mut self, name: &str) -> u64 {
        self.tag_named(name).unwrap_or_else(|| {
            let id = self.next();
            self.tags.insert(id, name.to_owned());
            id
        })
    }

    /// Ensures that a form exists.
    pub(super) fn ensure_form(&mut self, name: &str) {
        if named(&self.forms, name).is_none() {
            let id = self.next();
            self.forms.insert(id, name.to_owned());
        }
    }

    pub(super) fn subscriber(&mut self, email: &str) -> Option<&mut Subscriber> {
        self.subscribers.get_mut(&email.to_lowercase())
    }

    /// Whether the plan allows a subscriber with this address.
    pub(super) fn has_room(&self, email: &str) -> bool {
        let known = self.subscribers.contains_key(&email.to_lowercase());
        known || self.limit.is_none_or(|limit| self.subscribers.len() < limit)
    }

    /// Adds a subscriber without a request.
    pub(super) fn plant(
        &mut self,
        email: &str,
        first_name: Option<String>,
        state: State,
        at: Timestamp,
    ) -> &mut Subscriber {
        let id = self.next();
        self.subscribers.entry(email.to_lowercase()).or_insert_with(|| Subscriber {
            id,
            email: email.to_owned(),
            first_name,
            state,
            tags: BTreeMap::new(),
            created: at,
            history: History::default(),
        })
    }

    /// Adds a subscriber, or updates the first name of an existing one. Returns whether the subscriber was added.
    pub(super) fn upsert(
        &mut self,
        request: &Request,
        email: &str,
        first_name: Option<&str>,
    ) -> (bool, &mut Subscriber) {
        let added = !self.subscribers.contains_key(&email.to_lowercase());
        let subscriber = self.plant(email, None, State::Active, request.at);
        let changed = first_name.is_some_and(|name| subscriber.first_name.as_deref() != Some(name));
        if changed {
            subscriber.first_name = first_name.map(str::to_owned);
        }
        subscriber.note(request, if added { "added" } else { "updated" }, added || changed, None);
        (added, subscriber)
    }

    /// Records a purchase, or returns the existing one with that transaction. The buyer becomes a subscriber.
    pub(super) fn record(&mut self, request: &Request, bought: Bought) -> &Purchase {
        let email = bought.email.clone();
        let known = self.subscriber(&email).map(|subscriber| subscriber.id);
        let subscriber =
            known.unwrap_or_else(|| self.upsert(request, &email, bought.first_name.as_deref()).1.id);
        let id = self.next();
        let fresh = Purchase { id, subscriber, bought, recorded: 0 };
        let purchase = self.purchases.entry(fresh.bought.transaction.clone()).or_insert(fresh);
        purchase.recorded += 1;
        purchase
    }

    /// The whole state, or that of one address.
    pub(super) fn show(&self, email: Option<&str>) -> Value {
        let email = email.map(str::to_lowercase);
        let wanted = |other: &str| email.as_deref().is_none_or(|email| email == other.to_lowercase());
        let mut totals = totals(self.subscribers.values().map(|subscriber| &subscriber.history));
        totals.insert("recorded", self.purchases.values().map(|purchase| purchase.recorded).sum());
        let list = |names: &BTreeMap<u64, String>| {
            names.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect::<Vec<_>>()
        };
        let subscribers = self.subscribers.values().filter(|subscriber| wanted(&subscriber.email));
        let purchases = self.purchases.values().filter(|purchase| wanted(&purchase.bought.email));
        json!({
            "tags": list(&self.tags),
            "forms": list(&self.forms),
            "subscribers": subscribers.map(|subscriber| self.show_subscriber(subscriber)).collect::<Vec<_>>(),
            "purchases": purchases.map(show_purchase).collect::<Vec<_>>(),
            "totals": totals,
        })
    }

    fn show_subscriber(&self, subscriber: &Subscriber) -> Value {
        let tags: BTreeSet<&String> = subscriber.tags.keys().filter_map(|tag| self.tags.get(tag)).collect();
        subscriber.history.of(json!({
            "id": subscriber.id,
            "email": subscriber.email,
            "first_name": subscriber.first_name,
            "state": subscriber.state,
            "tags": tags,
        }))
    }
}

fn show_purchase(purchase: &Purchase) -> Value {
    let Purchase { id, subscriber, bought, recorded } = purchase;
    json!({ "id": id, "subscriber": subscriber, "recorded": recorded, "purchase": bought.fields })
}

fn named(names: &BTreeMap<u64, String>, name: &str) -> Option<u64> {
    names.iter().find(|(_, known)| *known == name).map(|(id, _)| *id)
}
