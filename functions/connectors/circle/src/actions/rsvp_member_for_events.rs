//! RSVP Member for Events: a member is on the event's list.

use connector::call::Call;
use connector::http::Method;
use domain::outcome::Outcome;

use super::{EVENT, added};
use crate::client::Client;
use crate::error::Failure;

/// Says that the contact comes, if they are a member.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let event = call.setting("event_id")?;
    added(&EVENT, call, client.rsvp(Method::POST, &call.job.contact.email, event).await)
}
