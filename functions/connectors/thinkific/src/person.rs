//! A contact in Thinkific's form for a new account.

use connector::failure::LeftOut;
use connector::person::known;
use domain::job::Contact;
use serde::Serialize;

/// The placeholder for an unknown last name: Thinkific accepts no account without one.
const NO_LAST_NAME: &str = "-";

/// An account to create.
#[derive(Debug, Serialize)]
pub struct NewUser {
    email: String,
    first_name: String,
    last_name: String,
    send_welcome_email: bool,
    /// Skips the check for profile fields that the site requires, because an unknown value would lose the merchant a
    /// buyer.
    skip_custom_fields_validation: bool,
}

impl NewUser {
    /// The contact's account, with replacements for the names in `left_out`.
    pub fn of(contact: &Contact, send_welcome_email: bool, left_out: &LeftOut) -> Self {
        let (first_name, last_name) = names(contact, left_out);
        Self {
            email: contact.email.trim().to_owned(),
            first_name,
            last_name,
            send_welcome_email,
            skip_custom_fields_validation: true,
        }
    }
}

/// First and last name, neither of them blank. A full name in one of the two fields is split before its last word; a
/// missing name is replaced by the first part of the e-mail address.
fn names(contact: &Contact, left_out: &LeftOut) -> (String, String) {
    let given =
        |field: &str, name: &Option<String>| known(left_out.keep(field, name.as_deref())).map(str::to_owned);
    let whole = match (given("first_name", &contact.first_name), given("last_name", &contact.last_name)) {
        (Some(first), Some(last)) => return (first, last),
        (Some(name), None) | (None, Some(name)) => name,
        (None, None) => contact.email.trim().split('@').next().unwrap_or_default().to_owned(),
    };
    match whole.rsplit_once(char::is_whitespace) {
        Some((first, last)) => (first.trim_end().to_owned(), last.to_owned()),
        None => (whole, NO_LAST_NAME.to_owned()),
    }
}
