//! The actions that a rule can use, one module each.
//!
//! All of them find a contact by e-mail address, and none changes a contact that exists but for its tags.

pub mod add_tags;
pub mod create_contact;
pub mod remove_tags;

use connector::failure::{LeftOut, leaving_out};
use domain::job;

use crate::client::{Client, Contact};
use crate::error::{Case, Failure};

/// The buyer's contact.
struct Present {
    contact: Contact,
    /// Whether it was created just now, and without which details.
    created: Option<LeftOut>,
}

/// Finds the buyer's contact, or creates one with their details. A contact that has the buyer's phone number only is
/// somebody else: a location that allows no duplicates rejects the number, and it is left out.
async fn present(client: &Client<'_>, buyer: &job::Contact) -> Result<Present, Failure> {
    let _turn = client.turn(&buyer.email).await;
    if let Some(contact) = client.find(&buyer.email).await? {
        return Ok(Present { contact, created: None });
    }
    let person = client.person(buyer);
    let person = &person;
    let create = |left_out: LeftOut| async move { client.create(&person.without(&left_out)).await };
    match leaving_out(|name| person.is_optional(name), create).await {
        Ok((contact, left_out)) => Ok(Present { contact, created: Some(left_out) }),
        // What is the same is the address: another job created the contact.
        Err(Failure { case: Some(Case::Duplicate(id)), fields, .. }) if fields.is_empty() => {
            Ok(Present { contact: Contact::with_id(id), created: None })
        }
        Err(failure) => Err(failure),
    }
}
