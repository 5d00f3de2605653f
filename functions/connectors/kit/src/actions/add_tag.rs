//! Add Tag To Subscriber: the contact is a subscriber and has the tag.

use connector::call::Call;
use domain::outcome::{Outcome, Setback};

use super::{Named, Number, by_name, look_up};
use crate::client::{Client, Entry, State, Subscriber, Tagged};
use crate::error::Error;

/// Tags the contact. A tag that was typed and does not exist is made; one that was chosen and is gone is not, because
/// all that is known of it is its id.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let name = call.setting("tag")?;
    let subscriber = Subscriber::of(&call.job.contact);
    let named = Named::read(name);
    let tag = match named {
        Named::Id(id) => id,
        Named::Name => ensure(client, name).await?.id,
    };
    let state = client.subscribe(&subscriber).await?;
    let tagged = match (named, client.tag(tag, &subscriber).await) {
        (Named::Id(id), Err(Error::NotFound)) => match look_up(client, id).await? {
            Number::Name(tag) => client.tag(tag, &subscriber).await?,
            Number::Id => {
                let message = "Kit has the tag, and does not know the subscriber yet.";
                return Ok(Setback::not_yet(message).into());
            }
            Number::Nothing => return Err(Error::NotFound),
        },
        (_, tagged) => tagged?,
    };
    let note = note(state).map(str::to_owned);
    Ok(match (tagged, note) {
        (Tagged::Done, note) => Outcome::Done { note },
        (Tagged::Before, note) => {
            Outcome::already(note.unwrap_or_else(|| "The contact has the tag already.".to_owned()))
        }
    })
}

/// The tag of that name, which is made if there is none.
async fn ensure(client: &Client<'_>, name: &str) -> Result<Entry, Error> {
    if let Some(tag) = by_name(client.tags().await?, name) {
        return Ok(tag);
    }
    match (client, client.create_tag(name).await) {
        // V3 refuses a name that is taken: another job was quicker.
        (Client::V3(_), Err(Error::Refused { detail })) => {
            by_name(client.tags().await?, name).ok_or(Error::Refused { detail })
        }
        (Client::V3(_) | Client::V4(_), created) => created,
    }
}

/// A tag does not bring anybody back.
fn note(state: State) -> Option<&'static str> {
    match state {
        State::Cancelled => {
            Some("The contact has the tag, and gets no mail: they unsubscribed in Kit, and stay so.")
        }
        State::Bounced => Some("The contact has the tag, and gets no mail: mail to them bounces."),
        State::Complained => Some("The contact has the tag, and gets no mail: they marked one as spam."),
        State::Inactive => Some("The contact has the tag, and gets mail once they confirm Kit's e-mail."),
        State::Active | State::Unknown => None,
    }
}
