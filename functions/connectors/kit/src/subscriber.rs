//! A contact in Kit's form.

use connector::failure::LeftOut;
use connector::person::known;
use domain::job::Contact;

/// The optional field of a subscriber, by its name in a request.
pub const OPTIONAL: &str = "first_name";

/// A contact in Kit's form. Kit has one name field; a last name would need a custom field that the account may not
/// have.
#[derive(Debug, Clone, Copy)]
pub struct Subscriber<'a> {
    /// The address.
    pub email: &'a str,
    /// The first name, if known: a blank name would delete the existing one in Kit.
    pub first_name: Option<&'a str>,
}

impl<'a> Subscriber<'a> {
    /// The contact without surrounding blanks.
    pub fn of(contact: &'a Contact) -> Self {
        Self { email: contact.email.trim(), first_name: known(contact.first_name.as_deref()) }
    }

    /// The same subscriber without the fields in `left_out`.
    #[must_use]
    pub fn without(self, left_out: &LeftOut) -> Self {
        Self { first_name: left_out.keep(OPTIONAL, self.first_name), ..self }
    }
}
