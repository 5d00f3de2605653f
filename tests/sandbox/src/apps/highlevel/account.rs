//! The state of a HighLevel agency.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::problem::Problem;
use crate::apps::stand_in::{History, totals};
use crate::exchange::Request;

/// The fields that identify a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Matching {
    Email,
    Phone,
}

impl Matching {
    /// The contact's field.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// A contact of a location.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub(super) id: String,
    /// The written texts, unchanged.
    pub(super) fields: Map<String, Value>,
    /// Names in lower case.
    pub(super) tags: BTreeSet<String>,
    pub(super) added: Timestamp,
    /// Whether a search misses the contact until a call would create it.
    pub(super) contested: bool,
    history: History,
}

impl Contact {
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    /// Whether this is the contact whose `by` is `value`.
    pub(super) fn is(&self, by: Matching, value: &str) -> bool {
        self.text(by.field()).is_some_and(|own| key(by, own) == key(by, value))
    }

    /// Records a write, so that a test can count how often an effect was applied.
    pub(super) fn note(&mut self, request: &Request, kind: &'static str, changed: bool, tag: Option<&str>) {
        self.history.note(request, kind, changed, tag.map(|tag| ("tag", json!(tag))));
    }

    fn show(&self) -> Value {
        let mut shown = Value::Object(self.fields.clone());
        shown["id"] = json!(self.id);
        shown["tags"] = json!(self.tags);
        self.history.of(shown)
    }
}

/// The form in which a location compares: addresses ignore letter case, numbers use only their digits.
fn key(by: Matching, value: &str) -> String {
    match by {
        Matching::Email => value.trim().to_lowercase(),
        Matching::Phone => value.chars().filter(char::is_ascii_digit).collect(),
    }
}

/// A location; HighLevel also calls it a sub-account.
#[derive(Clone, Debug)]
pub(super) struct Location {
    pub(super) id: String,
    pub(super) name: String,
    /// The setting "Allow Duplicate Contact".
    pub(super) allow_duplicates: bool,
    /// The fields by which contacts are searched, in order.
    pub(super) order: Vec<Matching>,
    /// Existing tags, by name in lower case, with their ids.
    pub(super) tags: BTreeMap<String, String>,
    /// In order of creation.
    pub(super) contacts: Vec<Contact>,
}

impl Location {
    pub(super) fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            allow_duplicates: false,
            order: vec![Matching::Email, Matching::Phone],
            tags: BTreeMap::new(),
            contacts: Vec::new(),
        }
    }

    /// Ensures that a tag exists and returns its name: HighLevel stores names in lower case.
    pub(super) fn ensure_tag(&mut self, name: &str) -> String {
        let name = name.trim().to_lowercase();
        let next = format!("tag{:017}", self.tags.len() + 1);
        self.tags.entry(name.clone()).or_insert(next);
        name
    }

    /// A new contact without fields.
    pub(super) fn add(&mut self, id: String, at: Timestamp) -> usize {
        let (fields, tags) = (Map::new(), BTreeSet::new());
        let history = History::default();
        self.contacts.push(Contact { id, fields, tags, added: at, contested: false, history });
        self.contacts.len() - 1
    }

    /// The index of the contact whose `by` is `value`.
    pub(super) fn position(&self, by: Matching, value: &str) -> Option<usize> {
        self.contacts.iter().position(|contact| contact.is(by, value))
    }

    fn show(&self, email: Option<&str>) -> Value {
        let wanted = |contact: &&Contact| email.is_none_or(|email| contact.is(Matching::Email, email));
        json!({
            "id": self.id,
            "name": self.name,
            "allow_duplicates": self.allow_duplicates,
            "order": self.order,
            "tags": self.tags.keys().collect::<Vec<_>>(),
            "contacts": self.contacts.iter().filter(wanted).map(Contact::show).collect::<Vec<_>>(),
        })
    }
}

/// The agency of every token: the sandbox has only one.
#[derive(Clone, Debug)]
pub(in crate::apps) struct Account {
    pub(super) locations: BTreeMap<String, Location>,
    last_contact: u64,
}

impl Account {
    /// Two locations: an ordinary location with tags, and a location that allows duplicates.
    pub(super) fn new() -> Self {
        let mut demo = Location::new("demo", "Demo Bookshop");
        for tag in ["customer", "refunded", "vip"] {
            demo.ensure_tag(tag);
        }
        let lenient = Location { allow_duplicates: true, ..Location::new("lenient", "Duplicates allowed") };
        let locations = [demo, lenient].into_iter().map(|location| (location.id.clone(), location));
        Self { locations: locations.collect(), last_contact: 0 }
    }

    /// The id of the next contact, across all locations.
    pub(super) fn next_contact(&mut self) -> String {
        self.last_contact += 1;
        format!("contact{:013}", self.last_contact)
    }

    pub(super) fn location(&mut self, id: &str) -> Result<&mut Location, Problem> {
        self.locations.get_mut(id).ok_or_else(Problem::other_location)
    }

    /// The location of a contact, and the contact's index in it.
    pub(super) fn contact(&mut self, id: &str) -> Result<(&mut Location, usize), Problem> {
        let found = self.locations.values_mut().find_map(|location| {
            let at = location.contacts.iter().position(|contact| contact.id == id)?;
            Some((location, at))
        });
        found.ok_or_else(|| Problem::no_contact(id))
    }

    /// The whole state, or that of one location or one address.
    pub(super) fn show(&self, location: Option<&str>, email: Option<&str>) -> Value {
        let wanted = |known: &&Location| location.is_none_or(|id| id == known.id);
        let locations: Vec<Value> =
            self.locations.values().filter(wanted).map(|location| location.show(email)).collect();
        let contacts = self.locations.values().flat_map(|location| &location.contacts);
        json!({ "locations": locations, "totals": totals(contacts.map(|contact| &contact.history)) })
    }
}
