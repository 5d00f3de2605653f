//! Invite Member: the contact becomes a member of the community, or receives an invitation.

use connector::call::Call;
use connector::failure::leaving_out;
use domain::outcome::Outcome;

use crate::client::{Client, Invitation};
use crate::error::Failure;

/// Invites the contact. Circle returns 201 for an existing member too; only its message tells the two apart.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let invite = |left_out| async move { client.invite(&Invitation::of(&call.job.contact, &left_out)).await };
    let (answered, left_out) = leaving_out(|field| field == "name", invite).await?;
    Ok(left_out.noted(if answered.already() {
        Outcome::already("The contact is already a member of the community.")
    } else {
        Outcome::DONE
    }))
}
