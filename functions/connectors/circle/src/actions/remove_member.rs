//! Remove Member: the contact is no longer a member of the community.

use connector::call::Call;
use domain::outcome::Outcome;

use crate::client::Client;
use crate::error::{Case, Failure, Record};

/// Finds the contact and deactivates them. Circle does not document whether a search finds deactivated members, and its
/// `active` is also false until an invitation is accepted, so every member that is found is deactivated.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let deactivated = match client.member(&call.job.contact.email).await {
        Ok(member) => client.deactivate(member.id).await,
        Err(failure) => Err(failure),
    };
    match deactivated {
        Ok(_) => Ok(Outcome::DONE),
        Err(failure) if failure.is(&Case::Missing(Record::Person)) => {
            Ok(Outcome::already("The contact is not a member of the community."))
        }
        Err(failure) => Err(failure),
    }
}
