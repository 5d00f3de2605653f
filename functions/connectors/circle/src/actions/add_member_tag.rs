//! Add Member Tag: a member has the tag.

use connector::call::Call;
use domain::outcome::{Outcome, Setback};

use super::{PATIENCE, TAG, added};
use crate::client::Client;
use crate::error::Error;

/// Tags the contact, if they are a member. A number is the id of a tag that was chosen; anything else is the name of
/// one that was typed, and is created where Circle has none of that name.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let tag = call.setting("tag")?;
    let id = match tag.parse() {
        Ok(id) => id,
        Err(_) => match client.tag_named(tag).await? {
            Some(id) => id,
            None => match client.create_tag(tag).await {
                Ok(id) => id,
                Err(Error::Refused { .. }) if call.attempt < PATIENCE => {
                    let message = "Circle did not create the tag; another action may have done so just now.";
                    return Ok(Setback::not_yet(message).into());
                }
                Err(error) => return Err(error),
            },
        },
    };
    added(&TAG, call, client.add_tag(&call.job.contact.email, id).await)
}
