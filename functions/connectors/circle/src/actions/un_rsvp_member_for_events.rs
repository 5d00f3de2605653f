//! Un-RSVP Member for Events: the contact is not on the event's list.

use connector::call::Call;
use connector::http::Method;
use domain::outcome::Outcome;

use super::{EVENT, removed};
use crate::client::Client;
use crate::error::Failure;

/// Takes back that the contact comes.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let event = call.setting("event_id")?;
    removed(&EVENT, client.rsvp(Method::DELETE, &call.job.contact.email, event).await)
}
