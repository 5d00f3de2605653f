//! Invite Member: the contact is a member of the community, or has an invitation.

use connector::call::Call;
use connector::failure::leaving_out;
use domain::outcome::Outcome;

use crate::client::{Client, Invitation};
use crate::error::Failure;

/// Invites the contact. Circle answers 201 for a member too, and only its message tells.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let invite = |left_out| async move { client.invite(&Invitation::of(&call.job.contact, &left_out)).await };
    let (answered, left_out) = leaving_out(|field| field == "name", invite).await?;
    Ok(left_out.noted(if answered.already() {
        Outcome::already("The contact is a member of the community.")
    } else {
        Outcome::DONE
    }))
}
