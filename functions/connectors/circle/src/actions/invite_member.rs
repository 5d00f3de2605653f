//! Invite Member: the contact is a member of the community, or has an invitation.

use connector::call::Call;
use domain::outcome::Outcome;

use crate::client::{Client, Invitation};
use crate::error::Error;

/// Invites the contact. Circle answers 201 for a member too, and only its message tells.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let said = client.invite(&Invitation::of(&call.job.contact)).await?;
    Ok(if said.already() {
        Outcome::already("The contact is a member of the community.")
    } else {
        Outcome::DONE
    })
}
