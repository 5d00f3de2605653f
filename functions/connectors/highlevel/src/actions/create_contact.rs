//! Create Contact: the location has a contact with the buyer's e-mail address.

use connector::call::Call;
use domain::outcome::Outcome;

use super::present;
use crate::client::Client;
use crate::error::Failure;

/// Creates the contact. One that exists is not changed.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    Ok(match present(client, &call.job.contact).await?.created {
        Some(left_out) => left_out.noted(Outcome::DONE),
        None => Outcome::already("The contact is in HighLevel; their details were not changed."),
    })
}
