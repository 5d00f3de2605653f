//! Add Tag: a contact of the audience has the tag.

use connector::call::Call;
use domain::outcome::{Fix, Outcome, Setback};

use super::ensure_list;
use crate::client::Client;
use crate::error::{Case, Failure};
use crate::member::Tag;

/// Attempts to wait for a contact who is not in the audience yet. Another rule may add them for the same purchase, and
/// that job may still be running: the first two waits are seconds and a minute.
const PATIENCE: u32 = 3;

/// Tags the contact. Mailchimp creates a tag that does not exist.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let (list, tag) = (call.setting("list_id")?, call.setting("tag")?);
    match client.tag(list, &call.job.contact.email, &Tag::active(tag)).await {
        Ok(()) => Ok(Outcome::DONE),
        Err(failure) if failure.is(&Case::NotFound) => {
            ensure_list(client, list).await?;
            Err(if call.attempt < PATIENCE {
                Setback::precondition_missing(
                    "The contact is not on the list yet; Add To List may still be in progress.",
                )
            } else {
                Setback::rejected(
                    Fix::Rule,
                    "The contact is not on the list, so Mailchimp cannot tag them.",
                    "Add a rule with the action Add To List for the same trigger and list.",
                )
            }
            .into())
        }
        Err(failure) => Err(failure),
    }
}
