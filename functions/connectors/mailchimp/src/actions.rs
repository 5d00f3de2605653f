//! The actions that a rule can use, one module each.

pub mod add_tag;
pub mod add_to_list;
pub mod remove_from_list;
pub mod remove_tag;

use connector::call::Call;
use connector::failure::gone;
use domain::app::App;
use domain::outcome::Setback;

use crate::client::Client;
use crate::error::{Case, Failure};
use crate::member::Status;
use crate::options::to_the_end;

/// Whether a contact of the audience is as the action leaves them.
pub async fn is_as_set(client: &Client<'_>, call: &Call<'_>) -> Result<Option<bool>, Failure> {
    let action = call.job.action.as_str();
    let (list, email) = (call.setting("list_id")?, &call.job.contact.email);
    match action {
        "add_to_list" | "remove_from_list" => {
            let status = match client.member(list, email).await {
                Ok(member) => member.status,
                Err(failure) if failure.is(&Case::NotFound) => Status::Archived,
                Err(failure) => return Err(failure),
            };
            Ok(match status {
                Status::Subscribed | Status::Pending => Some(action == "add_to_list"),
                Status::Archived | Status::Transactional => Some(action == "remove_from_list"),
                // They receive nothing, and only they can subscribe again: both actions leave them so.
                Status::Unsubscribed | Status::Cleaned => Some(true),
                Status::Unknown => None,
            })
        }
        "add_tag" | "remove_tag" => {
            let tag = call.setting("tag")?;
            let has = match to_the_end(|offset| client.member_tags(list, email, offset)).await {
                Ok(tags) => tags.iter().any(|own| own.to_lowercase() == tag.to_lowercase()),
                Err(failure) if failure.is(&Case::NotFound) => false,
                Err(failure) => return Err(failure),
            };
            Ok(Some(has == (action == "add_tag")))
        }
        _ => Ok(None),
    }
}

/// Checks that a 404 concerned the contact and not the list, because Mailchimp's response is the same.
///
/// # Errors
/// The list no longer exists.
async fn ensure_list(client: &Client<'_>, list: &str) -> Result<(), Failure> {
    match client.list(list).await {
        Err(failure) if failure.is(&Case::NotFound) => Err(unknown_list().into()),
        found => found,
    }
}

fn unknown_list() -> Setback {
    gone(App::MAILCHIMP, "list")
}
