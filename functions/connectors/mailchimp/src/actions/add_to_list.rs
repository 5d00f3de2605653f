//! Add To List: the contact is on the audience, with their name, unless they said no to it before.

use connector::call::Call;
use domain::outcome::{Outcome, Reason};

use super::unknown_list;
use crate::client::{Client, Status, Upsert};
use crate::error::Error;

/// Puts the contact on the audience.
///
/// The first call names a status for new members only, so that whoever is on the audience keeps theirs: a purchase
/// does not take back an unsubscription. Archived and transactional contacts never said no (the merchant archived
/// them; a shop brought them in), and are subscribed by a second call. Mailchimp forgets what an archived contact's
/// status was before, but refuses the second call if they had unsubscribed themselves.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let list = call.setting("list_id")?;
    let wanted = if call.job.settings.flag("double_opt_in") { Status::Pending } else { Status::Subscribed };
    let contact = &call.job.contact;
    let found = match client.upsert(list, &Upsert::of(contact, wanted)).await {
        Ok(member) => member.status,
        Err(Error::NotFound) => return Ok(unknown_list()),
        Err(Error::MemberExists) => {
            return Ok(Outcome::already("Mailchimp says that the contact is on the list."));
        }
        Err(error) => return Err(error),
    };
    let (status, before) = match found {
        Status::Archived | Status::Transactional => {
            let member = client.set_status(list, &contact.email, wanted).await?;
            (member.status, format!("The contact was {} in Mailchimp and was brought back.", found.label()))
        }
        Status::Subscribed | Status::Pending | Status::Unsubscribed | Status::Cleaned | Status::Unknown => {
            (found, String::new())
        }
    };
    let note = |text: &str| format!("{before} {text}").trim().to_owned();
    Ok(match status {
        Status::Subscribed => Outcome::Done { note: Some(before).filter(|note| !note.is_empty()) },
        Status::Pending => Outcome::Done {
            note: Some(note("The contact is on the list once they confirm Mailchimp's e-mail (pending).")),
        },
        Status::Unknown => Outcome::Done {
            note: Some(note("Mailchimp took the contact and did not say how they stand on the list.")),
        },
        Status::Unsubscribed | Status::Cleaned => Outcome::already(format!(
            "The contact is on the list as {}, and stays so: only they themselves can subscribe again.",
            status.label()
        )),
        Status::Archived | Status::Transactional => {
            Outcome::NotYet { reason: Reason::new(format!("Mailchimp left the contact {}.", status.label())) }
        }
    })
}
