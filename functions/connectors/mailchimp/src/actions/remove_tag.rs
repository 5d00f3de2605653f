//! Remove Tag: a contact of the audience does not have the tag.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{Absent, absent, unknown_list};
use crate::client::Client;
use crate::error::Error;
use crate::member::Tag;

/// Takes the tag off the contact. One that they do not have, or that does not exist, is no error to Mailchimp.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let (list, tag) = (call.setting("list_id")?, call.setting("tag")?);
    match client.tag(list, &call.job.contact.email, &Tag::inactive(tag)).await {
        Ok(()) => Ok(Outcome::DONE),
        Err(Error::NotFound) => Ok(match absent(client, list).await? {
            Absent::List => unknown_list(),
            Absent::Member => Outcome::already("The contact is not on the list, so has no tag there."),
        }),
        Err(error) => Err(error),
    }
}
