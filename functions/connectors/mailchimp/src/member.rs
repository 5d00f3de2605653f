//! Members of an audience, in Mailchimp's form.

use connector::failure::LeftOut;
use connector::person::known;
use domain::fact::{Address, Country};
use domain::job::Contact;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A member's status in an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Receives campaigns.
    Subscribed,
    /// Unsubscribed.
    Unsubscribed,
    /// E-mail to the member bounces.
    Cleaned,
    /// Has to confirm Mailchimp's e-mail.
    Pending,
    /// Known from the account's shop, without a request to subscribe.
    Transactional,
    /// Hidden by the merchant. Read only: Mailchimp accepts no such status in a request.
    Archived,
    /// Absent, or a status that this version does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Status {
    /// Mailchimp's term for the status.
    pub fn label(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
            Self::Cleaned => "cleaned (e-mail to them bounces)",
            Self::Pending => "pending",
            Self::Transactional => "transactional",
            Self::Archived => "archived",
            Self::Unknown => "unknown",
        }
    }
}

/// The fields of Mailchimp's member that the connector reads.
#[derive(Debug, Clone, Deserialize)]
pub struct Member {
    /// The member's status.
    #[serde(default)]
    pub status: Status,
}

/// A member to add, or to update except for the status.
#[derive(Debug, Clone, Serialize)]
pub struct Upsert<'a> {
    email_address: &'a str,
    status_if_new: Status,
    #[serde(skip_serializing_if = "Map::is_empty")]
    merge_fields: Map<String, Value>,
}

/// The audience's fields for the contact's details, by their tags, besides the two for names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fields<'a> {
    /// The field for the phone number.
    pub phone: Option<&'a str>,
    /// The field for the postal address, of type address.
    pub address: Option<&'a str>,
}

impl<'a> Upsert<'a> {
    /// The contact in Mailchimp's form. Unknown values are not sent, because an empty text would delete the existing
    /// value. FNAME and LNAME are the two fields that every new audience has.
    ///
    /// <https://mailchimp.com/developer/marketing/docs/merge-fields/#add-merge-data-to-contacts>
    pub fn of(contact: &'a Contact, status_if_new: Status, fields: Fields<'_>) -> Self {
        let texts = [
            ("FNAME", known(contact.first_name.as_deref())),
            ("LNAME", known(contact.last_name.as_deref())),
            (fields.phone.unwrap_or_default(), known(contact.phone.as_deref())),
        ];
        let texts = texts.into_iter().map(|(tag, text)| (tag, text.map(Value::from)));
        let address = (fields.address.unwrap_or_default(), contact.address.as_ref().and_then(whole));
        let filled = texts.chain([address]).filter(|(tag, _)| !tag.is_empty());
        let merge_fields = filled.filter_map(|(tag, value)| Some((tag.to_owned(), value?))).collect();
        Self { email_address: contact.email.trim(), status_if_new, merge_fields }
    }

    /// Whether a merge field with this tag is set.
    pub fn has(&self, tag: &str) -> bool {
        self.merge_fields.contains_key(tag)
    }

    /// The same member without the merge fields in `left_out`.
    #[must_use]
    pub fn without(&self, left_out: &LeftOut) -> Self {
        let mut upsert = self.clone();
        upsert.merge_fields.retain(|tag, _| !left_out.has(tag));
        upsert
    }

    /// The contact's e-mail address.
    pub fn email(&self) -> &str {
        self.email_address
    }
}

/// An address as a merge field: Mailchimp requires street, city, state and postal code.
pub fn whole(address: &Address) -> Option<Value> {
    let parts = [
        ("addr1", Some(known(address.line1.as_deref())?)),
        ("addr2", known(address.line2.as_deref())),
        ("city", Some(known(address.city.as_deref())?)),
        ("state", Some(known(address.region.as_deref())?)),
        ("zip", Some(known(address.postal_code.as_deref())?)),
        ("country", address.country.as_ref().map(Country::as_str)),
    ];
    let known = parts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))));
    Some(Value::Object(known.collect()))
}

/// A tag to add or remove.
#[derive(Debug, Serialize)]
pub struct Tag<'a> {
    name: &'a str,
    status: TagStatus,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum TagStatus {
    Active,
    Inactive,
}

impl<'a> Tag<'a> {
    /// A tag to add.
    pub fn active(name: &'a str) -> Self {
        Self { name, status: TagStatus::Active }
    }

    /// A tag to remove.
    pub fn inactive(name: &'a str) -> Self {
        Self { name, status: TagStatus::Inactive }
    }
}
