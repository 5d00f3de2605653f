//! Remove From List: the contact receives nothing more from the audience.

use connector::call::Call;
use domain::outcome::{Fix, Outcome, Setback};

use super::ensure_list;
use crate::client::Client;
use crate::error::{Case, Failure};
use crate::member::Status;

/// Archives or unsubscribes the contact, according to the rule's `mode`. Never deletes permanently: Mailchimp would
/// reject the address for ever.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let list = call.setting("list_id")?;
    let email = &call.job.contact.email;
    let result = match call.job.settings.text("mode").unwrap_or("archive") {
        "archive" => archive(client, list, email).await,
        "unsubscribe" => unsubscribe(client, list, email).await,
        other => {
            let message = format!("`{other}` is not a way to remove a contact from a list.");
            return Ok(Setback::rejected(
                Fix::Rule,
                message,
                "Edit the rule and choose Archive or Unsubscribe.",
            )
            .into());
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

/// Reads the member first, because archiving hides an unsubscription from a later Add To List.
async fn archive(client: &Client<'_>, list: &str, email: &str) -> Result<Outcome, Failure> {
    let status = client.member(list, email).await?.status;
    match status {
        Status::Archived => Ok(Outcome::already("The contact is already archived.")),
        Status::Unsubscribed | Status::Cleaned => Ok(Outcome::already(format!(
            "The contact is on the list as {}, receives nothing from it, and remains so.",
            status.label()
        ))),
        Status::Subscribed | Status::Pending | Status::Transactional | Status::Unknown => {
            match client.archive(list, email).await {
                Ok(()) => Ok(Outcome::DONE),
                // Another action archived the contact first.
                Err(Failure { case: Some(Case::NotFound | Case::NotAllowed), .. }) => {
                    Ok(Outcome::already("The contact is already archived."))
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
            Ok(Outcome::already("The contact has unsubscribed, or e-mail to them bounces."))
        }
        Err(failure) => Err(failure),
    }
}
