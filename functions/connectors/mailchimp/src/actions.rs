//! What a rule can ask of Mailchimp, one module each.

pub mod add_tag;
pub mod add_to_list;
pub mod remove_from_list;
pub mod remove_tag;

use domain::outcome::{Outcome, Setback};

use crate::client::Client;
use crate::error::Error;

/// What Mailchimp does not have: it answers 404 for both.
enum Absent {
    /// The audience itself.
    List,
    /// The contact, on an audience that is there.
    Member,
}

/// Asks which of the two a 404 meant.
async fn absent(client: &Client<'_>, list: &str) -> Result<Absent, Error> {
    match client.list(list).await {
        Ok(()) => Ok(Absent::Member),
        Err(Error::NotFound) => Ok(Absent::List),
        Err(error) => Err(error),
    }
}

fn unknown_list() -> Outcome {
    let hint = "Choose Refresh, then edit the rule and choose another list.";
    Setback::rejected("The list is not in this Mailchimp account (any more).", hint).into()
}
