//! The state of a community.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::apps::stand_in::{History, totals};
use crate::exchange::Request;

/// A kind of record that a member can be added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Space,
    SpaceGroup,
    Event,
    Tag,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Space, Self::SpaceGroup, Self::Event, Self::Tag];

    /// The path of its list.
    pub(super) fn list(self) -> &'static str {
        match self {
            Self::Space => "spaces",
            Self::SpaceGroup => "space_groups",
            Self::Event => "events",
            Self::Tag => "member_tags",
        }
    }

    /// The path of its memberships.
    pub(super) fn memberships(self) -> &'static str {
        match self {
            Self::Space => "space_members",
            Self::SpaceGroup => "space_group_members",
            Self::Event => "event_attendees",
            Self::Tag => "tagged_members",
        }
    }

    /// The name of the address field and of the id field.
    pub(super) fn fields(self) -> [&'static str; 2] {
        match self {
            Self::Space => ["email", "space_id"],
            Self::SpaceGroup => ["email", "space_group_id"],
            Self::Event => ["member_email", "event_id"],
            Self::Tag => ["user_email", "member_tag_id"],
        }
    }

    /// The names of the record, the member and their relation in a 404.
    pub(super) fn records(self) -> [&'static str; 3] {
        match self {
            Self::Space => ["space", "user", "space member"],
            Self::SpaceGroup => ["space group", "user", "space group member"],
            Self::Event => ["post", "community member", "event attendee"],
            Self::Tag => ["member tag", "user", "tagged member"],
        }
    }

    /// The kinds of change for adding and removing a member.
    pub(super) fn changes(self) -> [&'static str; 2] {
        match self {
            Self::Space => ["space_on", "space_off"],
            Self::SpaceGroup => ["space_group_on", "space_group_off"],
            Self::Event => ["event_on", "event_off"],
            Self::Tag => ["tag_on", "tag_off"],
        }
    }
}

/// A space, a space group, an event or a tag.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    pub(super) name: String,
    /// A space's group, or an event's space.
    pub(super) parent: Option<u64>,
    /// The start of an event.
    pub(super) starts_at: Option<String>,
    /// Whether other members see the tag.
    pub(super) public: bool,
}

impl Thing {
    pub(super) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), parent: None, starts_at: None, public: true }
    }
}

/// A present or former member.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) id: u64,
    pub(super) email: String,
    pub(super) name: Option<String>,
    /// Deactivated: no longer a member.
    pub(super) deactivated: bool,
    /// Has a paid subscription that cannot be cancelled.
    pub(super) subscribed: bool,
    pub(super) joined: Timestamp,
    pub(super) within: BTreeMap<Kind, BTreeSet<u64>>,
    history: History,
}

impl Member {
    pub(super) fn new(id: u64, email: &str, joined: Timestamp) -> Self {
        Self {
            id,
            email: email.to_owned(),
            name: None,
            deactivated: false,
            subscribed: false,
            joined,
            within: BTreeMap::new(),
            history: History::default(),
        }
    }

    /// Records a write, so that a test can count how often an effect was applied.
    pub(super) fn note(&mut self, request: &Request, kind: &'static str, changed: bool, id: Option<u64>) {
        self.history.note(request, kind, changed, id.map(|id| ("id", json!(id))));
    }

    pub(super) fn ids(&self, kind: Kind) -> Vec<u64> {
        self.within.get(&kind).into_iter().flatten().copied().collect()
    }

    fn show(&self) -> Value {
        self.history.of(json!({
            "id": self.id,
            "email": self.email,
            "name": self.name,
            "deactivated": self.deactivated,
            "subscribed": self.subscribed,
            "spaces": self.ids(Kind::Space),
            "space_groups": self.ids(Kind::SpaceGroup),
            "events": self.ids(Kind::Event),
            "member_tags": self.ids(Kind::Tag),
        }))
    }
}

/// The community of every token: the sandbox has only one.
#[derive(Clone, Debug)]
pub(in crate::apps) struct Community {
    pub(super) name: String,
    pub(super) slug: String,
    /// Whether its plan includes the API.
    pub(super) eligible: bool,
    /// The maximum number of members in its plan.
    pub(super) member_limit: Option<usize>,
    /// The number of invitations that are still accepted today.
    pub(super) invitations_left: Option<usize>,
    pub(super) blocked_domains: BTreeSet<String>,
    pub(super) things: BTreeMap<(Kind, u64), Thing>,
    /// By address in lower case.
    pub(super) members: BTreeMap<String, Member>,
    last_id: u64,
}

impl Default for Community {
    /// Two space groups with three spaces, two events and two tags.
    fn default() -> Self {
        let within = |name: &str, parent: u64| Thing { parent: Some(parent), ..Thing::named(name) };
        let event =
            |name: &str, starts_at: &str| Thing { starts_at: Some(starts_at.to_owned()), ..within(name, 12) };
        let things = [
            ((Kind::SpaceGroup, 1), Thing::named("Everybody")),
            ((Kind::SpaceGroup, 2), Thing::named("Course members")),
            ((Kind::Space, 11), within("Welcome", 1)),
            ((Kind::Space, 12), within("Events", 1)),
            ((Kind::Space, 13), within("Course talk", 2)),
            ((Kind::Event, 21), event("Questions and answers", "2027-01-15T17:00:00.000Z")),
            ((Kind::Event, 22), event("Questions and answers", "2027-02-15T17:00:00.000Z")),
            ((Kind::Tag, 31), Thing::named("Customer")),
            ((Kind::Tag, 32), Thing::named("VIP")),
        ];
        Self {
            name: "Sandbox Community".to_owned(),
            slug: "sandbox".to_owned(),
            eligible: true,
            member_limit: None,
            invitations_left: None,
            blocked_domains: BTreeSet::new(),
            things: things.into(),
            members: BTreeMap::new(),
            last_id: 1000,
        }
    }
}

impl Community {
    /// An unused id; ids of seeds are smaller.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The member with this address, unless they were deactivated.
    pub(super) fn member(&mut self, email: &str) -> Option<&mut Member> {
        self.members.get_mut(&email.trim().to_lowercase()).filter(|member| !member.deactivated)
    }

    /// Records of a kind by their ids.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = (u64, &Thing)> {
        self.things.iter().filter(move |((is, _), _)| *is == kind).map(|((_, id), thing)| (*id, thing))
    }

    /// The whole state, or that of one address.
    pub(super) fn show(&self, email: Option<&str>) -> Value {
        let email = email.map(str::to_lowercase);
        let wanted = |(key, _): &(&String, &Member)| email.as_ref().is_none_or(|email| email == *key);
        let members: Vec<Value> =
            self.members.iter().filter(wanted).map(|(_, member)| member.show()).collect();
        let list = |kind| {
            let show =
                |(id, thing): (u64, &Thing)| json!({ "id": id, "name": thing.name, "public": thing.public });
            self.of(kind).map(show).collect::<Vec<_>>()
        };
        json!({
            "name": self.name,
            "slug": self.slug,
            "eligible": self.eligible,
            "member_limit": self.member_limit,
            "invitations_left": self.invitations_left,
            "spaces": list(Kind::Space),
            "space_groups": list(Kind::SpaceGroup),
            "events": list(Kind::Event),
            "member_tags": list(Kind::Tag),
            "members": members,
            "totals": totals(self.members.values().map(|member| &member.history)),
        })
    }
}
