//! Seeding the community.
//!
//! ```json
//! {"community": {"name": "…", "slug": "…", "eligible": true, "member_limit": 100, "invitations_left": 5},
//!  "blocked_domains": ["spam.test"],
//!  "space_groups": [{"id": 5, "name": "…"}],
//!  "spaces": [{"id": 6, "name": "…", "parent": 5}],
//!  "events": [{"id": 7, "name": "…", "parent": 6, "starts_at": "2027-01-15T17:00:00.000Z"}],
//!  "member_tags": [{"id": 8, "name": "…"}],
//!  "members": [{"email": "a@b.co", "name": "…", "spaces": [6], "space_groups": [5], "events": [7], "member_tags": [8],
//!    "deactivated": false, "subscribed": false}]}
//! ```
//! Ids are below 1,000. Existing records are replaced. Seeds do not count as changes.
use jiff::Timestamp;
use serde::Deserialize;

use super::community::{Community, Kind, Member, Thing};
use crate::apps::stand_in::Plant;
use crate::exchange::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::apps) struct Seed {
    #[serde(default)]
    community: SeedCommunity,
    #[serde(default)]
    blocked_domains: Vec<String>,
    #[serde(default)]
    space_groups: Vec<SeedThing>,
    #[serde(default)]
    spaces: Vec<SeedThing>,
    #[serde(default)]
    events: Vec<SeedThing>,
    #[serde(default)]
    member_tags: Vec<SeedThing>,
    #[serde(default)]
    members: Vec<SeedMember>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedCommunity {
    name: Option<String>,
    slug: Option<String>,
    eligible: Option<bool>,
    member_limit: Option<usize>,
    invitations_left: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedThing {
    id: u64,
    name: String,
    parent: Option<u64>,
    starts_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedMember {
    email: String,
    name: Option<String>,
    #[serde(default)]
    deactivated: bool,
    #[serde(default)]
    subscribed: bool,
    #[serde(default)]
    spaces: Vec<u64>,
    #[serde(default)]
    space_groups: Vec<u64>,
    #[serde(default)]
    events: Vec<u64>,
    #[serde(default)]
    member_tags: Vec<u64>,
}

impl Plant<Community> for Seed {
    fn plant(self, community: &mut Community, at: Timestamp) -> Result<(), Refusal> {
        let things = [
            (Kind::SpaceGroup, self.space_groups),
            (Kind::Space, self.spaces),
            (Kind::Event, self.events),
            (Kind::Tag, self.member_tags),
        ];
        for (kind, things) in things {
            for SeedThing { id, name, parent, starts_at } in things {
                if id >= 1000 {
                    return Err(Refusal::new(format!("{}: the id {id} is not below 1000", kind.list())));
                }
                community.things.insert((kind, id), Thing { name, parent, starts_at, public: true });
            }
        }
        community.blocked_domains.extend(self.blocked_domains.iter().map(|domain| domain.to_lowercase()));
        for member in self.members {
            plant_member(community, member, at)?;
        }
        let SeedCommunity { name, slug, eligible, member_limit, invitations_left } = self.community;
        community.name = name.unwrap_or_else(|| community.name.clone());
        community.slug = slug.unwrap_or_else(|| community.slug.clone());
        community.eligible = eligible.unwrap_or(community.eligible);
        community.member_limit = member_limit.or(community.member_limit);
        community.invitations_left = invitations_left.or(community.invitations_left);
        Ok(())
    }
}

fn plant_member(community: &mut Community, seed: SeedMember, at: Timestamp) -> Result<(), Refusal> {
    if !seed.email.contains('@') {
        return Err(Refusal::new(format!("members: `{}` is no address", seed.email)));
    }
    let mut member = Member::new(community.next_id(), &seed.email, at);
    member.name = seed.name;
    member.deactivated = seed.deactivated;
    member.subscribed = seed.subscribed;
    let within = [
        (Kind::Space, seed.spaces),
        (Kind::SpaceGroup, seed.space_groups),
        (Kind::Event, seed.events),
        (Kind::Tag, seed.member_tags),
    ];
    for (kind, ids) in within {
        if let Some(id) = ids.iter().find(|id| !community.things.contains_key(&(kind, **id))) {
            return Err(Refusal::new(format!("members: {} has no {id}", kind.list())));
        }
        member.within.insert(kind, ids.into_iter().collect());
    }
    community.members.insert(seed.email.to_lowercase(), member);
    Ok(())
}
