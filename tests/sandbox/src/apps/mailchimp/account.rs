//! The state of a Mailchimp account.
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::apps::hex;
use crate::apps::stand_in::{History, totals};
use crate::exchange::Request;

/// A member's status; `archived` cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Subscribed,
    Unsubscribed,
    Cleaned,
    Pending,
    Transactional,
    Archived,
}

impl Status {
    /// The statuses that a request may write; only new members can be transactional.
    pub(super) const WRITABLE: [(&'static str, Self); 5] = [
        ("subscribed", Self::Subscribed),
        ("unsubscribed", Self::Unsubscribed),
        ("cleaned", Self::Cleaned),
        ("pending", Self::Pending),
        ("transactional", Self::Transactional),
    ];
}

/// Mailchimp's treatment of an address in every audience; ordinary addresses are not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// Looks fake or invalid.
    Fake,
    /// Signed up to many lists very recently.
    Busy,
    /// Was permanently deleted.
    Forgotten,
    /// Even a PUT returns `Member Exists`, as clients have observed.
    Exists,
}

/// A merge field of an audience.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MergeField {
    pub(super) tag: String,
    pub(super) name: String,
    #[serde(rename = "type", default = "text")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) required: bool,
}

fn text() -> String {
    "text".to_owned()
}

/// A member of an audience.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) email: String,
    pub(super) hash: String,
    pub(super) number: u64,
    pub(super) status: Status,
    /// The contact unsubscribed, so only the contact can subscribe again.
    pub(super) opted_out: bool,
    pub(super) merge_fields: Map<String, Value>,
    /// By name, with the time at which each was added.
    pub(super) tags: BTreeMap<String, Timestamp>,
    pub(super) email_type: String,
    pub(super) language: String,
    pub(super) vip: bool,
    pub(super) joined: Timestamp,
    pub(super) last_changed: Timestamp,
    history: History,
}

impl Member {
    pub(super) fn new(email: &str, number: u64, status: Status, at: Timestamp) -> Self {
        Self {
            email: email.to_owned(),
            hash: hash(email),
            number,
            status,
            opted_out: false,
            merge_fields: Map::new(),
            tags: BTreeMap::new(),
            email_type: "html".to_owned(),
            language: String::new(),
            vip: false,
            joined: at,
            last_changed: at,
            history: History::default(),
        }
    }

    /// Records a write, so that a test can count how often an effect was applied.
    pub(super) fn note(&mut self, request: &Request, kind: &'static str, changed: bool, tag: Option<&str>) {
        if changed {
            self.last_changed = request.at;
        }
        let tag = tag.map(|tag| ("tag", json!(tag)));
        self.history.note(request, kind, changed, [("status", json!(self.status))].into_iter().chain(tag));
    }

    /// An id other than the hash, which contains the hash so that it needs no index.
    pub(super) fn contact_id(&self) -> String {
        reversed(&self.hash)
    }

    fn show(&self) -> Value {
        self.history.of(json!({
            "email": self.email,
            "hash": self.hash,
            "status": self.status,
            "opted_out": self.opted_out,
            "merge_fields": self.merge_fields,
            "tags": self.tags.keys().collect::<Vec<_>>(),
            "language": self.language,
            "vip": self.vip,
        }))
    }
}

/// An audience; the API calls it a list.
#[derive(Clone, Debug)]
pub(super) struct Audience {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) double_optin: bool,
    pub(super) created: Timestamp,
    pub(super) merge_fields: Vec<MergeField>,
    /// Existing tags, by name, with their ids.
    pub(super) tags: BTreeMap<String, u64>,
    /// By hash of the address.
    pub(super) members: HashMap<String, Member>,
}

impl Audience {
    /// An audience with the merge fields that every Mailchimp audience has.
    pub(super) fn new(id: &str, name: &str, created: Timestamp) -> Self {
        let field = |tag: &str, name: &str, kind: &str| MergeField {
            tag: tag.to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            required: false,
        };
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            double_optin: false,
            created,
            merge_fields: vec![
                field("FNAME", "First Name", "text"),
                field("LNAME", "Last Name", "text"),
                field("ADDRESS", "Address", "address"),
                field("PHONE", "Phone Number", "phone"),
                field("BIRTHDAY", "Birthday", "birthday"),
            ],
            tags: BTreeMap::new(),
            members: HashMap::new(),
        }
    }

    /// The key of the member for a path's last segment: a hash, an address or a contact id.
    pub(super) fn find(&self, named: &str) -> Option<String> {
        let key = if named.contains('@') { hash(named) } else { named.to_ascii_lowercase() };
        [reversed(&key), key].into_iter().rev().find(|key| self.members.contains_key(key))
    }

    /// Ensures that a tag exists.
    pub(super) fn ensure_tag(&mut self, name: &str) {
        let next = self.tags.values().max().map_or(1001, |last| last + 1);
        self.tags.entry(name.to_owned()).or_insert(next);
    }

    /// Members in order of creation.
    pub(super) fn in_order(&self) -> Vec<&Member> {
        let mut members: Vec<&Member> = self.members.values().collect();
        members.sort_by_key(|member| member.number);
        members
    }

    pub(super) fn count(&self, status: Status) -> usize {
        self.members.values().filter(|member| member.status == status).count()
    }

    fn show(&self, email: Option<&str>) -> Value {
        let wanted = |member: &&Member| email.is_none_or(|email| member.hash == hash(email));
        let merge_fields = self.merge_fields.iter().map(|field| &field.tag);
        json!({
            "id": self.id,
            "name": self.name,
            "double_optin": self.double_optin,
            "merge_fields": merge_fields.collect::<Vec<_>>(),
            "tags": self.tags.keys().collect::<Vec<_>>(),
            "member_count": self.count(Status::Subscribed),
            "members": self.in_order().into_iter().filter(wanted).map(Member::show).collect::<Vec<_>>(),
        })
    }
}

/// The account of every key: the sandbox has only one.
#[derive(Clone, Debug)]
pub(in crate::apps) struct Account {
    pub(super) audiences: BTreeMap<String, Audience>,
    /// By address in lower case.
    pub(super) addresses: BTreeMap<String, Verdict>,
    last_member: u64,
}

impl Account {
    /// Three audiences: an ordinary audience, an audience with double opt-in, and an audience that requires a first
    /// name.
    pub(super) fn new(created: Timestamp) -> Self {
        let mut demo = Audience::new("demo", "Demo customers", created);
        for tag in ["Customer", "VIP"] {
            demo.ensure_tag(tag);
        }
        let newsletter =
            Audience { double_optin: true, ..Audience::new("newsletter", "Newsletter", created) };
        let mut strict = Audience::new("strict", "Names required", created);
        if let Some(first_name) = strict.merge_fields.first_mut() {
            first_name.required = true;
        }
        let audiences =
            [demo, newsletter, strict].into_iter().map(|audience| (audience.id.clone(), audience)).collect();
        Self { audiences, addresses: BTreeMap::new(), last_member: 0 }
    }

    /// The number of the next member, across all audiences.
    pub(super) fn next_member(&mut self) -> u64 {
        self.last_member += 1;
        self.last_member
    }

    /// The whole state, or that of one audience or one address.
    pub(super) fn show(&self, list: Option<&str>, email: Option<&str>) -> Value {
        let wanted = |audience: &&Audience| list.is_none_or(|list| list == audience.id);
        let audiences: Vec<Value> =
            self.audiences.values().filter(wanted).map(|audience| audience.show(email)).collect();
        let members = self.audiences.values().flat_map(|audience| audience.members.values());
        json!({ "audiences": audiences, "addresses": self.addresses, "totals": totals(members.map(|member| &member.history)) })
    }
}

/// A member's id: the MD5 of the lower-case address.
pub(super) fn hash(email: &str) -> String {
    hex(&Md5::digest(email.to_lowercase().as_bytes()))
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}
