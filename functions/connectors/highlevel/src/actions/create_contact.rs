//! Create Contact: the location has a contact with the buyer's e-mail address.

use connector::call::Call;
use domain::outcome::Outcome;

use super::present;
use crate::client::Client;
use crate::error::Failure;

/// Creates the contact. An existing contact is not changed.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let present = present(client, &call.job.contact).await?;
    Ok(if present.is_new {
        present.noted(Outcome::DONE)
    } else {
        Outcome::already("The contact already exists in HighLevel; their details were not changed.")
    })
}
