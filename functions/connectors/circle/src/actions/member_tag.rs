//! Add Member Tag and Remove Member Tag: a member has the tag, or not.

use connector::call::{Call, Chosen};
use domain::outcome::{Outcome, Setback};

use super::membership::{PATIENCE, number, put, take};
use crate::client::Client;
use crate::error::{Case, Failure};
use crate::target::TAG;

/// Tags the contact, if they are a member. A tag whose name was typed is created where Circle has none of that name.
pub async fn add(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let id = match tag(client, call).await? {
        Some(id) => id,
        None => match client.create_tag(call.setting("tag")?).await {
            Ok(id) => id,
            Err(failure) if failure.is(&Case::Rejected) && call.attempt < PATIENCE => {
                let message = "Circle did not create the tag; another action may have done so just now.";
                return Ok(Setback::precondition_missing(message).into());
            }
            Err(failure) => return Err(failure),
        },
    };
    put(client, call, &TAG, &id.into()).await
}

/// Takes the tag off the contact.
pub async fn remove(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let Some(id) = tag(client, call).await? else {
        let name = call.setting("tag")?;
        return Ok(Outcome::already(format!("Circle has no tag `{name}`, so nobody has it.")));
    };
    take(client, call, &TAG, &id.into()).await
}

/// The id of the rule's tag: the one that was chosen, or the one whose name was typed, whatever the name looks like.
async fn tag(client: &Client<'_>, call: &Call<'_>) -> Result<Option<u64>, Failure> {
    match call.chosen("tag")? {
        Chosen::Listed(id) => Ok(Some(number("tag", id)?)),
        Chosen::Typed(name) => client.tag_named(name).await,
    }
}
