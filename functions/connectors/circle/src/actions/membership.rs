//! Add Member to Space, Add Member to Space Group, RSVP Member for Events, and their opposites.

use connector::call::Call;
use connector::failure::gone;
use domain::app::App;
use domain::outcome::{Outcome, Setback};
use serde_json::Value;

use crate::client::Client;
use crate::error::{Case, Failure, Record};
use crate::target::{EVENT, Target};

/// Attempts to wait for a contact who is not a member yet. Another rule may invite them for the same purchase, and that
/// job may still be running: the first two waits are seconds and a minute.
pub(super) const PATIENCE: u32 = 3;

/// Adds the contact to the target, if they are a member.
pub async fn add(client: &Client<'_>, call: &Call<'_>, target: &Target) -> Result<Outcome, Failure> {
    put(client, call, target, &id(call, target)?).await
}

/// Removes the contact from the target.
pub async fn remove(client: &Client<'_>, call: &Call<'_>, target: &Target) -> Result<Outcome, Failure> {
    take(client, call, target, &id(call, target)?).await
}

fn id(call: &Call<'_>, target: &Target) -> Result<Value, Setback> {
    let text = call.setting(target.id)?;
    if target.id == EVENT.id { Ok(text.into()) } else { number(target.id, text).map(Value::from) }
}

/// The setting as a number, because Circle accepts no text for an id.
pub(super) fn number(key: &str, value: &str) -> Result<u64, Setback> {
    let message = || format!("The rule's `{key}` is `{value}`, and IDs in Circle are whole numbers.");
    let hint = "Choose Refresh, then edit the rule and choose from the list.";
    value.parse().map_err(|_| Setback::rejected(message(), hint))
}

pub(super) async fn put(
    client: &Client<'_>,
    call: &Call<'_>,
    target: &Target,
    id: &Value,
) -> Result<Outcome, Failure> {
    let failure = match client.join(target, &call.job.contact.email, id).await {
        Ok(answered) if answered.already() => return Ok(Outcome::already(target.on)),
        Ok(_) => return Ok(Outcome::DONE),
        Err(failure) => failure,
    };
    match failure.case {
        Some(Case::Missing(Record::Person)) if call.attempt < PATIENCE => {
            let message =
                "The contact is not a member of the community yet; Invite Member may still be in progress.";
            Ok(Setback::precondition_missing(message).into())
        }
        Some(Case::Missing(Record::Target)) => Ok(gone(App::CIRCLE, target.noun).into()),
        Some(Case::Missing(Record::Person | Record::Membership) | Case::Rejected) | None => Err(failure),
    }
}

pub(super) async fn take(
    client: &Client<'_>,
    call: &Call<'_>,
    target: &Target,
    id: &Value,
) -> Result<Outcome, Failure> {
    let Err(failure) = client.leave(target, &call.job.contact.email, id).await else {
        return Ok(Outcome::DONE);
    };
    match failure.case {
        Some(Case::Missing(Record::Membership | Record::Person)) => Ok(Outcome::already(target.off)),
        Some(Case::Missing(Record::Target)) => Ok(gone(App::CIRCLE, target.noun).into()),
        Some(Case::Rejected) | None => Err(failure),
    }
}
