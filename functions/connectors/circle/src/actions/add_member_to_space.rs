//! Add Member to Space: a member is in the space.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{SPACE, added, id};
use crate::client::Client;
use crate::error::Failure;

/// Adds the contact, if they are a member.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let space = id(call, "space_id")?;
    added(&SPACE, call, client.add_to_space(&call.job.contact.email, space).await)
}
