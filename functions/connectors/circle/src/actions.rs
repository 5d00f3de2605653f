//! What a rule can ask of Circle, one module each.

pub mod add_member_tag;
pub mod add_member_to_space;
pub mod add_member_to_space_group;
pub mod invite_member;
pub mod remove_member;
pub mod remove_member_from_space;
pub mod remove_member_from_space_group;
pub mod remove_member_tag;
pub mod rsvp_member_for_events;
pub mod un_rsvp_member_for_events;

use connector::call::Call;
use domain::outcome::{Outcome, Setback};

use crate::client::Said;
use crate::error::{Error, Record};

/// How often somebody who is not a member is waited for. The same purchase may invite them by another rule, and that
/// job may be on its way: the first two waits are seconds and a minute.
const PATIENCE: u32 = 3;

/// What a member is put into or taken out of, in a merchant's words.
struct Target {
    noun: &'static str,
    on: &'static str,
    off: &'static str,
}

const SPACE: Target =
    Target { noun: "space", on: "The contact is in the space.", off: "The contact is not in the space." };

const SPACE_GROUP: Target = Target {
    noun: "space group",
    on: "The contact is in the space group.",
    off: "The contact is not in the space group.",
};

const EVENT: Target = Target {
    noun: "event",
    on: "The contact is on the event's list.",
    off: "The contact is not on the event's list.",
};

const TAG: Target =
    Target { noun: "tag", on: "The contact has the tag.", off: "The contact does not have the tag." };

/// What an attempt to put somebody there came to.
fn added(target: &Target, call: &Call<'_>, result: Result<Said, Error>) -> Result<Outcome, Error> {
    match result {
        Ok(said) if said.already() => Ok(Outcome::already(target.on)),
        Ok(_) => Ok(Outcome::DONE),
        Err(Error::NotMember | Error::Missing { record: Record::Person }) if call.attempt < PATIENCE => {
            let message = "The contact is not a member of the community yet; Invite Member may be under way.";
            Ok(Setback::not_yet(message).into())
        }
        Err(Error::Missing { record: Record::Person }) => Err(Error::NotMember),
        Err(Error::Missing { record: Record::Target }) => Ok(unknown(target)),
        Err(error) => Err(error),
    }
}

/// What an attempt to take somebody out came to.
fn removed(target: &Target, result: Result<Said, Error>) -> Result<Outcome, Error> {
    match result {
        Ok(_) => Ok(Outcome::DONE),
        Err(Error::NotMember | Error::Missing { record: Record::Membership | Record::Person }) => {
            Ok(Outcome::already(target.off))
        }
        Err(Error::Missing { record: Record::Target }) => Ok(unknown(target)),
        Err(error) => Err(error),
    }
}

fn unknown(target: &Target) -> Outcome {
    let noun = target.noun;
    let message = format!("The {noun} is not in this Circle community (any more).");
    let hint = format!("Choose Refresh, then edit the rule and choose another {noun}.");
    Setback::rejected(message, hint).into()
}

/// The setting as Circle takes it: a number, not a text.
fn id(call: &Call<'_>, key: &'static str) -> Result<u64, Error> {
    let value = call.setting(key)?;
    value.parse().map_err(|_| Error::NotAnId { key, value: value.to_owned() })
}
