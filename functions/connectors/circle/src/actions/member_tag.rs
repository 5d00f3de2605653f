//! Add Member Tag and Remove Member Tag: the pair that tags a member.

use connector::call::{Call, Chosen};
use domain::outcome::{Outcome, Setback};

use super::membership::{PATIENCE, number, put, take};
use crate::client::Client;
use crate::error::{Case, Failure};
use crate::target::TAG;

/// Tags the contact, if they are a member. If Circle has no tag of a typed name, the tag is created.
pub async fn add(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let id = match tag(client, call).await? {
        Some(id) => id,
        None => match client.create_tag(call.setting("tag")?).await {
            Ok(id) => id,
            Err(failure) if failure.is(&Case::Rejected) && call.attempt < PATIENCE => {
                let message = "Circle did not create the tag; another action may have created it just now.";
                return Ok(Setback::precondition_missing(message).into());
            }
            Err(failure) => return Err(failure),
        },
    };
    put(client, call, &TAG, &id.into()).await
}

/// Removes the tag from the contact.
pub async fn remove(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let Some(id) = tag(client, call).await? else {
        let name = call.setting("tag")?;
        return Ok(Outcome::already(format!("Circle has no tag `{name}`, so there is nothing to remove.")));
    };
    take(client, call, &TAG, &id.into()).await
}

/// The id of the rule's tag. A tag that was chosen from the list is an id; typed text is always a name, even if it
/// looks like an id.
async fn tag(client: &Client<'_>, call: &Call<'_>) -> Result<Option<u64>, Failure> {
    match call.chosen("tag")? {
        Chosen::Listed(id) => Ok(Some(number("tag", id)?)),
        Chosen::Typed(name) => client.tag_named(name).await,
    }
}
