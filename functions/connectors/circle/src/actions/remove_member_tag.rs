//! Remove Member Tag: the contact does not have the tag.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{TAG, removed};
use crate::client::Client;
use crate::error::Error;

/// Takes the tag off the contact. A number is the id of a tag that was chosen; anything else is the name of one that
/// was typed.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let tag = call.setting("tag")?;
    let id = match tag.parse() {
        Ok(id) => Some(id),
        Err(_) => client.tag_named(tag).await?,
    };
    let Some(id) = id else {
        return Ok(Outcome::already(format!("Circle has no tag `{tag}`, so nobody has it.")));
    };
    removed(&TAG, client.remove_tag(&call.job.contact.email, id).await)
}
