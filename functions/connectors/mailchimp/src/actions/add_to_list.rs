//! Add To List: the contact is in the audience, with their name, unless they unsubscribed before.

use connector::call::Call;
use connector::failure::leaving_out;
use domain::outcome::{Outcome, Setback};

use super::unknown_list;
use crate::client::Client;
use crate::error::{Case, Failure};
use crate::member::{Fields, Status, Upsert, whole};

/// Adds the contact to the audience.
///
/// The first call sets a status for new members only, so existing members keep theirs: a purchase does not revert an
/// unsubscription. Archived and transactional contacts never unsubscribed (the merchant archived them, or a shop added
/// them), so a second call subscribes them. Mailchimp does not keep the status that an archived contact had before, but
/// rejects the second call if the contact had unsubscribed.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let list = call.setting("list_id")?;
    let opt_in = call.job.settings.flag("double_opt_in");
    let wanted = if opt_in { Status::Pending } else { Status::Subscribed };
    add(client, call, list, wanted).await.or_else(|failure| match failure.case {
        Some(Case::NotFound) => Err(unknown_list().into()),
        Some(Case::MemberExists) => Ok(Outcome::already("The contact is already on the list.")),
        Some(Case::InComplianceState) if !opt_in => {
            let hint = "They can subscribe themselves with a Mailchimp form, or confirm an e-mail: turn on Double opt-in in the rule.";
            Err(failure.setback.map_reason(|reason| reason.hint(hint)).into())
        }
        Some(Case::InComplianceState | Case::NotAllowed) | None => Err(failure),
    })
}

async fn add(client: &Client<'_>, call: &Call<'_>, list: &str, wanted: Status) -> Result<Outcome, Failure> {
    let contact = &call.job.contact;
    let setting = |key| call.job.settings.text(key);
    let fields = Fields { phone: setting("phone_field"), address: setting("address_field") };
    let upsert = Upsert::of(contact, wanted, fields);
    let send = |left_out| {
        let upsert = upsert.without(&left_out);
        async move { client.upsert(list, &upsert).await }
    };
    let (found, left_out) = leaving_out(|field| upsert.has(field), send).await?;
    let (status, mut before) = match found.status {
        Status::Archived | Status::Transactional => {
            let member = client.set_status(list, &contact.email, wanted).await?;
            let before =
                format!("The contact was {} in Mailchimp and was subscribed again.", found.status.label());
            (member.status, before)
        }
        Status::Subscribed | Status::Pending | Status::Unsubscribed | Status::Cleaned | Status::Unknown => {
            (found.status, String::new())
        }
    };
    if fields.address.is_some() && contact.address.as_ref().is_some_and(|address| whole(address).is_none()) {
        before.push_str(" The postal address was left out: Mailchimp accepts only complete addresses.");
    }
    let before = before.trim().to_owned();
    let note = |text: &str| format!("{before} {text}").trim().to_owned();
    Ok(left_out.noted(match status {
        Status::Subscribed => Outcome::Done { note: Some(before).filter(|note| !note.is_empty()) },
        Status::Pending => Outcome::Done {
            note: Some(note("The contact is on the list once they confirm Mailchimp's e-mail (pending).")),
        },
        Status::Unknown => Outcome::Done {
            note: Some(note("Mailchimp accepted the contact but did not return their status on the list.")),
        },
        Status::Unsubscribed | Status::Cleaned => Outcome::already(format!(
            "The contact is on the list as {} and remains so: only the contact can subscribe again.",
            status.label()
        )),
        Status::Archived | Status::Transactional => {
            Setback::precondition_missing(format!("Mailchimp left the contact {}.", status.label())).into()
        }
    }))
}
