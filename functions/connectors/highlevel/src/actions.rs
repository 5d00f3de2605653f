//! The actions that a rule can use, one module each.
//!
//! Every action finds a contact by e-mail address. An existing contact is not changed, except for its tags.

pub mod add_tags;
pub mod create_contact;
pub mod remove_tags;

use connector::failure::{LeftOut, leaving_out};
use connector::person::known;
use domain::job;
use domain::outcome::Outcome;

use crate::client::{Client, Contact};
use crate::error::{Failure, PHONE};

/// The buyer's contact.
struct Present {
    contact: Contact,
    /// Whether it was just created.
    is_new: bool,
    /// The details that HighLevel rejected and the contact was created without.
    left_out: [LeftOut; 2],
}

impl Present {
    /// The outcome, with a note of the details that HighLevel rejected.
    fn noted(&self, outcome: Outcome) -> Outcome {
        self.left_out.iter().fold(outcome, |outcome, left_out| left_out.noted(outcome))
    }
}

/// Finds the buyer's contact, or creates one with their details. A contact that shares only the buyer's phone number is
/// another person, so the number is set after the buyer's own contact exists.
async fn present(client: &Client<'_>, buyer: &job::Contact) -> Result<Present, Failure> {
    let _turn = client.turn(&buyer.email).await;
    let nothing = LeftOut::default;
    if let Some(contact) = client.find(&buyer.email).await? {
        return Ok(Present { contact, is_new: false, left_out: [nothing(), nothing()] });
    }
    let person = &client.person(buyer);
    let upsert = |left_out: LeftOut| async move { client.upsert(&person.without(&left_out)).await };
    let (found, details) = leaving_out(|name| person.is_optional(name), upsert).await?;
    let (contact, is_new) = (found.contact, found.new);
    let phone = known(buyer.phone.as_deref()).filter(|_| is_new);
    let id = contact.id.as_str();
    let set = |left_out: LeftOut| async move {
        match left_out.keep(PHONE, phone) {
            Some(phone) => client.set_phone(id, phone).await,
            None => Ok(()),
        }
    };
    let ((), number) = leaving_out(|name| name == PHONE, set).await?;
    Ok(Present { contact, is_new, left_out: [details, number] })
}
