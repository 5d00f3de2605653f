//! Add Tags: the contact has the tag. A rule with several tags creates one job per tag.

use connector::call::Call;
use domain::outcome::{Outcome, Setback};

use super::present;
use crate::client::Client;
use crate::error::{Case, Failure};

/// Tags the buyer's contact, which is created if it does not exist. HighLevel creates missing tags.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let tag = call.setting("tag")?;
    let present = present(client, &call.job.contact).await?;
    if present.contact.tag(tag).is_some() {
        return Ok(Outcome::already("The contact already has the tag."));
    }
    Ok(present.noted(match client.add_tag(&present.contact.id, tag).await {
        Ok(()) => Outcome::DONE,
        Err(failure) if failure.is(&Case::NoContact) => {
            let message = "The contact was just deleted in HighLevel or merged with another contact.";
            Setback::precondition_missing(message).into()
        }
        Err(failure) => failure.into(),
    }))
}
