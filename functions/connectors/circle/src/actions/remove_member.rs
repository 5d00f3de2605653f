//! Remove Member: the contact is not a member of the community.

use connector::call::Call;
use domain::outcome::Outcome;

use crate::client::Client;
use crate::error::{Error, Record};

/// Finds the contact and deactivates them. Whether a search finds who was deactivated before is not documented, and
/// `active` tells nothing (it is false until an invitation is accepted): whoever is found is deactivated.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let result = match client.member(&call.job.contact.email).await {
        Ok(member) => client.deactivate(member.id).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(_) => Ok(Outcome::DONE),
        Err(Error::Missing { record: Record::Person }) => {
            Ok(Outcome::already("The contact is not a member of the community."))
        }
        Err(error) => Err(error),
    }
}
