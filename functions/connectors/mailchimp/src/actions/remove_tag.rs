//! Remove Tag: a contact of the audience does not have the tag.

use connector::call::Call;
use domain::outcome::Outcome;

use super::ensure_list;
use crate::client::Client;
use crate::error::{Case, Failure};
use crate::member::Tag;

/// Removes the tag from the contact. In Mailchimp, a missing tag is no error.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let (list, tag) = (call.setting("list_id")?, call.setting("tag")?);
    match client.tag(list, &call.job.contact.email, &Tag::inactive(tag)).await {
        Ok(()) => Ok(Outcome::DONE),
        Err(failure) if failure.is(&Case::NotFound) => {
            ensure_list(client, list).await?;
            Ok(Outcome::already("The contact is not on the list, so there is no tag to remove."))
        }
        Err(failure) => Err(failure),
    }
}
