//! The actions that a rule can use, one module each.
//!
//! All of them find a contact by e-mail address, and none changes a contact that exists but for its tags.

pub mod add_tags;
pub mod create_contact;
pub mod remove_tags;

use domain::job;

use crate::client::{Client, Contact};
use crate::error::Error;

/// The buyer's contact.
struct Present {
    contact: Contact,
    /// Whether it was created just now.
    new: bool,
    /// What of the buyer's details was left out.
    note: Option<String>,
}

/// Finds the buyer's contact, or creates one with their details.
///
/// In a location that allows no duplicates, HighLevel refuses a contact whose phone number another contact has. That
/// contact is somebody else, so the buyer's is created without the number.
async fn present(client: &Client<'_>, buyer: &job::Contact) -> Result<Present, Error> {
    let _turn = client.turn(&buyer.email).await;
    let found = |contact| Present { contact, new: false, note: None };
    if let Some(contact) = client.find(&buyer.email).await? {
        return Ok(found(contact));
    }
    let person = client.person(buyer);
    let (created, note) = match client.create(&person).await {
        Err(Error::Duplicate { by, contact, detail }) => match person.without_phone() {
            Some(person) if by.as_deref() != Some("email") => {
                (client.create(&person).await, Some(PHONE_TAKEN))
            }
            _ => (Err(Error::Duplicate { by, contact, detail }), None),
        },
        created => (created, None),
    };
    match created {
        Ok(contact) => Ok(Present { contact, new: true, note: note.map(str::to_owned) }),
        // Another job created the contact meanwhile.
        Err(Error::Duplicate { contact, .. }) => Ok(found(Contact::with_id(contact))),
        Err(error) => Err(error),
    }
}

const PHONE_TAKEN: &str =
    "Another contact in HighLevel has the phone number, so the contact was created without it.";
