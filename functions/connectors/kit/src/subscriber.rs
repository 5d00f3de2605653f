//! A contact as Kit takes them.

use connector::failure::LeftOut;
use connector::person::known;
use domain::job::Contact;

/// What Kit can do without, by its name in a request.
pub const OPTIONAL: &str = "first_name";

/// A contact as Kit takes them. It knows one name; a last name would need a custom field that the account may lack.
#[derive(Debug, Clone, Copy)]
pub struct Subscriber<'a> {
    /// The address.
    pub email: &'a str,
    /// The first name, where it is known: a blank one would wipe what Kit has.
    pub first_name: Option<&'a str>,
}

impl<'a> Subscriber<'a> {
    /// The contact without stray blanks.
    pub fn of(contact: &'a Contact) -> Self {
        Self { email: contact.email.trim(), first_name: known(contact.first_name.as_deref()) }
    }

    /// The same without what is left out.
    #[must_use]
    pub fn without(self, left_out: &LeftOut) -> Self {
        Self { first_name: left_out.keep(OPTIONAL, self.first_name), ..self }
    }
}
