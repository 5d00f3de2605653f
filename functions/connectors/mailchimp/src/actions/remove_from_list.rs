//! Remove From List: the contact gets nothing more from the audience.

use connector::call::Call;
use domain::outcome::{Outcome, Setback};

use super::ensure_list;
use crate::client::Client;
use crate::error::{Case, Failure};
use crate::member::Status;

/// Archives or unsubscribes the contact, as the rule's `mode` says. Never deletes for good: Mailchimp would refuse the
/// address for ever.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let list = call.setting("list_id")?;
    let email = &call.job.contact.email;
    let result = match call.job.settings.text("mode").unwrap_or("archive") {
        "archive" => archive(client, list, email).await,
        "unsubscribe" => unsubscribe(client, list, email).await,
        other => {
            let message = format!("`{other}` is no way to remove somebody from a list.");
            return Ok(Setback::rejected(message, "Edit the rule and choose Archive or Unsubscribe.").into());
        }
    };
    match result {
        Err(failure) if failure.is(&Case::NotFound) => {
            ensure_list(client, list).await?;
            Ok(Outcome::already("The contact is not on the list."))
        }
        other => other,
    }
}

/// Looks first, because archiving hides an unsubscription: a later Add To List would not see it.
async fn archive(client: &Client<'_>, list: &str, email: &str) -> Result<Outcome, Failure> {
    let status = client.member(list, email).await?.status;
    match status {
        Status::Archived => Ok(Outcome::already("The contact is archived.")),
        Status::Unsubscribed | Status::Cleaned => Ok(Outcome::already(format!(
            "The contact is on the list as {}, gets nothing from it, and stays so.",
            status.label()
        ))),
        Status::Subscribed | Status::Pending | Status::Transactional | Status::Unknown => {
            match client.archive(list, email).await {
                Ok(()) => Ok(Outcome::DONE),
                // Somebody else was quicker.
                Err(Failure { case: Some(Case::NotFound | Case::NotAllowed), .. }) => {
                    Ok(Outcome::already("The contact is archived."))
                }
                Err(failure) => Err(failure),
            }
        }
    }
}

async fn unsubscribe(client: &Client<'_>, list: &str, email: &str) -> Result<Outcome, Failure> {
    match client.set_status(list, email, Status::Unsubscribed).await {
        Ok(_) => Ok(Outcome::DONE),
        Err(failure) if failure.is(&Case::InComplianceState) => {
            Ok(Outcome::already("The contact has unsubscribed, or mail to them bounces."))
        }
        Err(failure) => Err(failure),
    }
}
