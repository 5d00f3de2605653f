//! Remove Tag From Subscriber: the contact does not have the tag.

use connector::call::{Call, Chosen};
use domain::outcome::Outcome;

use super::{listed, typed};
use crate::client::Client;
use crate::error::{Case, Failure};
use crate::subscriber::Subscriber;

/// Removes the tag from the contact. If the tag or the subscriber does not exist, there is nothing to remove.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let tag = match call.chosen("tag")? {
        Chosen::Listed(id) => listed(id)?,
        Chosen::Typed(name) => match typed(&client.tags().await?, name) {
            Some(tag) => tag,
            None => {
                return Ok(Outcome::already("The tag does not exist in Kit: nothing to remove."));
            }
        },
    };
    match client.untag(tag, &Subscriber::of(&call.job.contact)).await {
        Ok(()) => Ok(Outcome::DONE),
        Err(failure) if failure.is(&Case::NotFound) => Ok(Outcome::already(
            "The contact is not a subscriber or does not have the tag: nothing to remove.",
        )),
        Err(failure) => Err(failure),
    }
}
