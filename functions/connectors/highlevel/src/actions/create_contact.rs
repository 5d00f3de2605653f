//! Create Contact: the location has the contact, with what the order says of them.

use connector::call::Call;
use domain::outcome::Outcome;

use crate::client::Client;
use crate::error::Error;

/// Creates the contact, or brings their details up to date.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    match client.upsert(&call.job.contact).await {
        Ok(upserted) if upserted.new => Ok(Outcome::DONE),
        Ok(_) => Ok(Outcome::already("The contact was in HighLevel; their details are up to date.")),
        Err(Error::Duplicate { by, .. }) => Ok(Outcome::already(match by {
            Some(field) => format!("HighLevel has a contact with the same {field}."),
            None => "HighLevel has the contact.".to_owned(),
        })),
        Err(error) => Err(error),
    }
}
