//! Add Tags: the contact has the tag. A rule with several tags makes a job for each.

use connector::call::Call;
use domain::outcome::{Outcome, Setback};

use crate::client::{Client, Contact};
use crate::error::Error;

/// Tags the contact, whom an upsert finds or creates in one call. HighLevel creates a tag that does not exist.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let tag = call.setting("tag")?;
    let contact = match client.upsert(&call.job.contact).await {
        Ok(upserted) => upserted.contact,
        Err(Error::Duplicate { contact, .. }) => Contact::with_id(contact),
        Err(error) => return Err(error),
    };
    if contact.tag(tag).is_some() {
        return Ok(Outcome::already("The contact has the tag."));
    }
    match client.add_tag(&contact.id, tag).await {
        Ok(()) => Ok(Outcome::DONE),
        Err(Error::NoContact) => {
            let message = "The contact was just deleted in HighLevel, or merged with another.";
            Ok(Setback::not_yet(message).into())
        }
        Err(error) => Err(error),
    }
}
