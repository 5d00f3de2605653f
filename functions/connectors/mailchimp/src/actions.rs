//! What a rule can ask of Mailchimp, one module each.

pub mod add_tag;
pub mod add_to_list;
pub mod remove_from_list;
pub mod remove_tag;

use connector::failure::gone;
use domain::app::App;
use domain::outcome::Setback;

use crate::client::Client;
use crate::error::{Case, Failure};

/// Checks that a 404 was about the contact and not about the list, which Mailchimp answers alike.
///
/// # Errors
/// The list itself is gone.
async fn ensure_list(client: &Client<'_>, list: &str) -> Result<(), Failure> {
    match client.list(list).await {
        Err(failure) if failure.is(&Case::NotFound) => Err(unknown_list().into()),
        found => found,
    }
}

fn unknown_list() -> Setback {
    gone(App::Mailchimp, "list")
}
