//! Add Tag To Subscriber: the contact is a subscriber and has the tag.

use connector::call::{Call, Chosen};
use connector::failure::{gone, leaving_out};
use domain::app::App;
use domain::outcome::{Outcome, Setback};

use super::{listed, typed};
use crate::client::{Client, State, Tagged, UNKNOWN};
use crate::error::{Case, Failure};
use crate::subscriber::{OPTIONAL, Subscriber};

/// Tags the contact. A typed tag that does not exist is created. A chosen tag that no longer exists is not created,
/// because only its id is known.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let chosen = call.chosen("tag")?;
    let tag = match chosen {
        Chosen::Listed(id) => listed(id)?,
        Chosen::Typed(name) => ensure(client, name).await?,
    };
    let subscriber = &Subscriber::of(&call.job.contact);
    let is_optional = |field: &str| field == OPTIONAL;
    let put = |left_out| async move { client.tag(tag, &subscriber.without(&left_out)).await };
    let (tagged, left_out) = match leaving_out(is_optional, put).await {
        Err(failure) if failure.is(&Case::NotFound) => {
            let exists = match chosen {
                Chosen::Listed(_) => client.tags().await?.iter().any(|entry| entry.id == tag),
                Chosen::Typed(_) => true,
            };
            if !exists {
                return Err(gone(App::KIT, "tag").into());
            }
            let add = |left_out| async move { client.subscribe(&subscriber.without(&left_out)).await };
            let ((), left_out) = leaving_out(is_optional, add).await?;
            (client.tag(tag, subscriber).await, left_out)
        }
        put => put.map(|(tagged, left_out)| (Ok(tagged), left_out))?,
    };
    Ok(left_out.noted(match tagged {
        Ok((tagged, state)) => outcome(tagged, state),
        Err(failure) if failure.is(&Case::NotFound) => Setback::precondition_missing(UNKNOWN).into(),
        Err(failure) => failure.into(),
    }))
}

fn outcome(tagged: Tagged, state: State) -> Outcome {
    let note = note(state).map(str::to_owned);
    match tagged {
        Tagged::Done => Outcome::Done { note },
        Tagged::Before => {
            Outcome::already(note.unwrap_or_else(|| "The contact already has the tag.".to_owned()))
        }
    }
}

/// The id of a typed tag, which is created if it does not exist.
async fn ensure(client: &Client<'_>, name: &str) -> Result<u64, Failure> {
    if let Some(tag) = typed(&client.tags().await?, name) {
        return Ok(tag);
    }
    match client.create_tag(name).await {
        Ok(tag) => Ok(tag.id),
        // V3 rejects an existing name: another action created the tag first.
        Err(failure) if failure.is(&Case::Taken) => typed(&client.tags().await?, name).ok_or(failure),
        Err(failure) => Err(failure),
    }
}

/// A tag does not resubscribe the contact.
fn note(state: State) -> Option<&'static str> {
    match state {
        State::Cancelled => Some(
            "The contact has the tag but receives no e-mail: they unsubscribed in Kit and remain unsubscribed.",
        ),
        State::Bounced => Some("The contact has the tag but receives no e-mail: e-mail to them bounces."),
        State::Complained => {
            Some("The contact has the tag but receives no e-mail: they marked an e-mail as spam.")
        }
        State::Inactive => {
            Some("The contact has the tag and receives e-mail once they confirm Kit's e-mail.")
        }
        State::Active | State::Unknown => None,
    }
}
