//! Remove Tag From Subscriber: the contact does not have the tag.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{Named, Number, by_name, look_up};
use crate::client::{Client, Subscriber};
use crate::error::Error;

/// Takes the tag off the contact. What is not there needs no removing.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let name = call.setting("tag")?;
    let subscriber = Subscriber::of(&call.job.contact);
    let named = Named::read(name);
    let tag = match named {
        Named::Id(id) => id,
        Named::Name => match by_name(client.tags().await?, name) {
            Some(tag) => tag.id,
            None => return Ok(no_tag()),
        },
    };
    let untagged = match (named, client.untag(tag, &subscriber).await) {
        (Named::Id(id), Err(Error::NotFound)) => match look_up(client, id).await? {
            Number::Name(tag) => client.untag(tag, &subscriber).await,
            Number::Id => Err(Error::NotFound),
            Number::Nothing => return Ok(no_tag()),
        },
        (_, untagged) => untagged,
    };
    match untagged {
        Ok(()) => Ok(Outcome::DONE),
        Err(Error::NotFound) => {
            Ok(Outcome::already("The contact is no subscriber, or does not have the tag: nothing to remove."))
        }
        Err(error) => Err(error),
    }
}

fn no_tag() -> Outcome {
    Outcome::already("There is no such tag in Kit: nothing to remove.")
}
