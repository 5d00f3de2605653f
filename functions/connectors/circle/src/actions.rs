//! The actions that a rule can use, one module each.

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

use connector::call::{Call, Chosen};
use connector::failure::gone;
use domain::app::App;
use domain::outcome::{Outcome, Setback};

use crate::client::{Answered, Client};
use crate::error::{Case, Failure, Record};

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

/// The outcome of putting somebody there.
fn added(target: &Target, call: &Call<'_>, result: Result<Answered, Failure>) -> Result<Outcome, Failure> {
    let failure = match result {
        Ok(answered) if answered.already() => return Ok(Outcome::already(target.on)),
        Ok(_) => return Ok(Outcome::DONE),
        Err(failure) => failure,
    };
    match failure.case {
        Some(Case::Missing(Record::Person)) if call.attempt < PATIENCE => {
            let message = "The contact is not a member of the community yet; Invite Member may be under way.";
            Ok(Setback::precondition_missing(message).into())
        }
        Some(Case::Missing(Record::Target)) => Ok(gone(App::Circle, target.noun).into()),
        Some(Case::Missing(Record::Person | Record::Membership) | Case::Rejected) | None => Err(failure),
    }
}

/// The outcome of taking somebody out.
fn removed(target: &Target, result: Result<Answered, Failure>) -> Result<Outcome, Failure> {
    let Err(failure) = result else { return Ok(Outcome::DONE) };
    match failure.case {
        Some(Case::Missing(Record::Membership | Record::Person)) => Ok(Outcome::already(target.off)),
        Some(Case::Missing(Record::Target)) => Ok(gone(App::Circle, target.noun).into()),
        Some(Case::Rejected) | None => Err(failure),
    }
}

/// The setting as Circle takes it: a number, not a text.
fn id(call: &Call<'_>, key: &str) -> Result<u64, Setback> {
    number(key, call.setting(key)?)
}

fn number(key: &str, value: &str) -> Result<u64, Setback> {
    let message = || format!("The rule's `{key}` is `{value}`, and IDs in Circle are whole numbers.");
    let hint = "Choose Refresh, then edit the rule and choose from the list.";
    value.parse().map_err(|_| Setback::rejected(message(), hint))
}

/// The id of the rule's tag: the one that was chosen, or the one whose name was typed, whatever the name looks like.
async fn tag(client: &Client<'_>, call: &Call<'_>) -> Result<Option<u64>, Failure> {
    match call.chosen("tag")? {
        Chosen::Listed(id) => Ok(Some(number("tag", id)?)),
        Chosen::Typed(name) => client.tag_named(name).await,
    }
}
