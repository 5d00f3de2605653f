//! Remove Tag: a contact of the audience does not have the tag.

use connector::call::Call;
use domain::outcome::Outcome;

use super::ensure_list;
use crate::client::Client;
use crate::error::{Case, Failure};
use crate::member::Tag;

/// Takes the tag off the contact. One that they do not have, or that does not exist, is no error to Mailchimp.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let (list, tag) = (call.setting("list_id")?, call.setting("tag")?);
    match client.tag(list, &call.job.contact.email, &Tag::inactive(tag)).await {
        Ok(()) => Ok(Outcome::DONE),
        Err(failure) if failure.is(&Case::NotFound) => {
            ensure_list(client, list).await?;
            Ok(Outcome::already("The contact is not on the list, so has no tag there."))
        }
        Err(failure) => Err(failure),
    }
}
