//! Remove Tags: the contact does not have the tag. A rule with several tags creates one job per tag.

use connector::call::Call;
use domain::outcome::Outcome;

use crate::client::Client;
use crate::error::{Case, Failure};

/// Removes the tag from the contact, spelled as HighLevel shows it. A tag that the search result does not show is
/// removed as well, because HighLevel does not document that a search shows every tag.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let tag = call.setting("tag")?;
    let nobody = || Outcome::already("HighLevel has no such contact, so there is no tag to remove.");
    let Some(contact) = client.find(&call.job.contact.email).await? else { return Ok(nobody()) };
    match client.remove_tag(&contact.id, contact.tag(tag).unwrap_or(tag)).await {
        Ok(()) => Ok(Outcome::DONE),
        Err(failure) if failure.is(&Case::NoContact) => Ok(nobody()),
        Err(failure) => Err(failure),
    }
}
