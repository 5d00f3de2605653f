//! Remove Tags: the contact does not have the tag. A rule with several tags makes a job for each.

use connector::call::Call;
use domain::outcome::Outcome;

use crate::client::Client;
use crate::error::Error;

/// Takes the tag off the contact, spelt as HighLevel has it where it says so. It is asked for even if the contact found
/// shows no such tag, because nothing promises that a search shows all of them.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let tag = call.setting("tag")?;
    let nobody = || Outcome::already("HighLevel has no such contact, so there is no tag to remove.");
    let Some(contact) = client.find(&call.job.contact.email).await? else { return Ok(nobody()) };
    match client.remove_tag(&contact.id, contact.tag(tag).unwrap_or(tag)).await {
        Ok(()) => Ok(Outcome::DONE),
        Err(Error::NoContact) => Ok(nobody()),
        Err(error) => Err(error),
    }
}
