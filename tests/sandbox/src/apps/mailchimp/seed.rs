//! Seeding the account.
//!
//! ```json
//! {"audiences": [{"id": "demo", "name": "…", "double_optin": false, "tags": ["VIP"],
//!    "merge_fields": [{"tag": "COMPANY", "name": "Company", "type": "text", "required": true}],
//!    "members": [{"email": "a@b.co", "status": "unsubscribed", "opted_out": true, "merge_fields": {}, "tags": []}]}],
//!  "addresses": [{"email": "c@d.co", "verdict": "fake"}]}
//! ```
//! A seed adds to an existing audience; an existing merge field or member is replaced. Seeds do not count as changes.
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::account::{Account, Audience, Member, MergeField, Status, Verdict};
use crate::apps::stand_in::Plant;
use crate::exchange::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::apps) struct Seed {
    #[serde(default)]
    audiences: Vec<SeedAudience>,
    #[serde(default)]
    addresses: Vec<SeedAddress>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedAudience {
    id: String,
    name: Option<String>,
    double_optin: Option<bool>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    merge_fields: Vec<MergeField>,
    #[serde(default)]
    members: Vec<SeedMember>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedMember {
    email: String,
    #[serde(default = "subscribed")]
    status: Status,
    #[serde(default)]
    opted_out: bool,
    #[serde(default)]
    merge_fields: Map<String, Value>,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedAddress {
    email: String,
    verdict: Verdict,
}

fn subscribed() -> Status {
    Status::Subscribed
}

impl Plant<Account> for Seed {
    fn plant(self, account: &mut Account, at: Timestamp) -> Result<(), Refusal> {
        for (index, audience) in self.audiences.iter().enumerate() {
            for member in &audience.members {
                if !member.email.contains('@') {
                    return Err(Refusal::new(format!(
                        "audiences[{index}].members: `{}` is no address",
                        member.email
                    )));
                }
                if member.opted_out && member.status != Status::Unsubscribed {
                    return Err(Refusal::new(format!(
                        "audiences[{index}].members: opted_out goes with unsubscribed"
                    )));
                }
            }
        }
        for planted in self.audiences {
            let first = u64::try_from(planted.members.len()).unwrap_or_default();
            let numbers: Vec<u64> = (0..first).map(|_| account.next_member()).collect();
            let audience = account
                .audiences
                .entry(planted.id.clone())
                .or_insert_with(|| Audience::new(&planted.id, &planted.id, at));
            audience.name = planted.name.unwrap_or_else(|| audience.name.clone());
            audience.double_optin = planted.double_optin.unwrap_or(audience.double_optin);
            for field in planted.merge_fields {
                audience.merge_fields.retain(|known| known.tag != field.tag);
                audience.merge_fields.push(field);
            }
            for tag in &planted.tags {
                audience.ensure_tag(tag);
            }
            for (member, number) in planted.members.into_iter().zip(numbers) {
                plant_member(audience, member, number, at);
            }
        }
        for address in self.addresses {
            account.addresses.insert(address.email.to_lowercase(), address.verdict);
        }
        Ok(())
    }
}

fn plant_member(audience: &mut Audience, planted: SeedMember, number: u64, at: Timestamp) {
    let mut member = Member::new(&planted.email, number, planted.status, at);
    member.opted_out = planted.opted_out;
    member.merge_fields = planted.merge_fields;
    for tag in planted.tags {
        audience.ensure_tag(&tag);
        member.tags.insert(tag, at);
    }
    audience.members.insert(member.hash.clone(), member);
}
