//! Add Tags: the contact has the tag. A rule with several tags makes a job for each.

use connector::call::Call;
use domain::outcome::{Outcome, Setback};

use super::present;
use crate::client::Client;
use crate::error::{Case, Failure};

/// Tags the buyer's contact, which is created if there is none. HighLevel creates a tag that does not exist.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let tag = call.setting("tag")?;
    let present = present(client, &call.job.contact).await?;
    if present.contact.tag(tag).is_some() {
        return Ok(Outcome::already("The contact has the tag."));
    }
    Ok(present.noted(match client.add_tag(&present.contact.id, tag).await {
        Ok(()) => Outcome::DONE,
        Err(failure) if failure.is(&Case::NoContact) => {
            let message = "The contact was just deleted in HighLevel, or merged with another.";
            Setback::precondition_missing(message).into()
        }
        Err(failure) => failure.into(),
    }))
}
