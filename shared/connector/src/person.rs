//! A contact's details in the form that apps expect.

use domain::job::Contact;

/// The text without surrounding blanks, unless that is empty.
pub fn known(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// First and last name, as far as they are known.
pub fn full_name(contact: &Contact) -> Option<String> {
    let names = [&contact.first_name, &contact.last_name];
    let names: Vec<&str> = names.into_iter().filter_map(|name| known(name.as_deref())).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// Whether two texts are the same e-mail address: apps change the case of letters, and a search may return similar
/// addresses.
pub fn same_address(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}
