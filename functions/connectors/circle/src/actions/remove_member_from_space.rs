//! Remove Member from Space: the contact is not in the space.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{SPACE, id, removed};
use crate::client::Client;
use crate::error::Failure;

/// Takes the contact out.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let space = id(call, "space_id")?;
    removed(&SPACE, client.remove_from_space(&call.job.contact.email, space).await)
}
