//! The actions that a rule can use, one module each.

pub mod add_tag;
pub mod add_to_list;
pub mod remove_from_list;
pub mod remove_tag;

use connector::failure::gone;
use domain::app::App;
use domain::outcome::Setback;

use crate::client::Client;
use crate::error::{Case, Failure};

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
