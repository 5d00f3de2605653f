//! Add Member Tag: a member has the tag.

use connector::call::Call;
use domain::outcome::{Outcome, Setback};

use super::{PATIENCE, TAG, added, tag};
use crate::client::Client;
use crate::error::{Case, Failure};

/// Tags the contact, if they are a member. A tag whose name was typed is created where Circle has none of that name.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let id = match tag(client, call).await? {
        Some(id) => id,
        None => match client.create_tag(call.setting("tag")?).await {
            Ok(id) => id,
            Err(failure) if failure.is(&Case::Rejected) && call.attempt < PATIENCE => {
                let message = "Circle did not create the tag; another action may have done so just now.";
                return Ok(Setback::precondition_missing(message).into());
            }
            Err(failure) => return Err(failure),
        },
    };
    added(&TAG, call, client.add_tag(&call.job.contact.email, id).await)
}
