//! Add Member to Space Group: a member is in the space group.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{SPACE_GROUP, added, id};
use crate::client::Client;
use crate::error::Failure;

/// Adds the contact, if they are a member.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let group = id(call, "space_group_id")?;
    added(&SPACE_GROUP, call, client.add_to_space_group(&call.job.contact.email, group).await)
}
