//! Remove Member Tag: the contact does not have the tag.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{TAG, removed, tag};
use crate::client::Client;
use crate::error::Failure;

/// Takes the tag off the contact.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let Some(id) = tag(client, call).await? else {
        let name = call.setting("tag")?;
        return Ok(Outcome::already(format!("Circle has no tag `{name}`, so nobody has it.")));
    };
    removed(&TAG, client.remove_tag(&call.job.contact.email, id).await)
}
