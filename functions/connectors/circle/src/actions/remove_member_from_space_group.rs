//! Remove Member from Space Group: the contact is neither in the space group nor in its spaces.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{SPACE_GROUP, id, removed};
use crate::client::Client;
use crate::error::Failure;

/// Takes the contact out.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let group = id(call, "space_group_id")?;
    removed(&SPACE_GROUP, client.remove_from_space_group(&call.job.contact.email, group).await)
}
