//! Who is on an audience, as Mailchimp writes it.

use connector::failure::LeftOut;
use connector::person::known;
use domain::fact::{Address, Country};
use domain::job::Contact;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How somebody stands on an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Gets campaigns.
    Subscribed,
    /// Has said no.
    Unsubscribed,
    /// Mail to them bounces.
    Cleaned,
    /// Has to confirm Mailchimp's e-mail.
    Pending,
    /// Known to the account's shop, and never asked.
    Transactional,
    /// Hidden by the merchant. Only ever read: Mailchimp takes no such status.
    Archived,
    /// Not said, or a word that Mailchimp did not have when this was written.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Status {
    /// Mailchimp's word for it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
            Self::Cleaned => "cleaned (mail to them bounces)",
            Self::Pending => "pending",
            Self::Transactional => "transactional",
            Self::Archived => "archived",
            Self::Unknown => "unknown",
        }
    }
}

/// What Mailchimp says of a member; the little that we need of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Member {
    /// How they stand.
    #[serde(default)]
    pub status: Status,
}

/// A member to be added, or updated but for their status.
#[derive(Debug, Clone, Serialize)]
pub struct Upsert<'a> {
    email_address: &'a str,
    status_if_new: Status,
    #[serde(skip_serializing_if = "Map::is_empty")]
    merge_fields: Map<String, Value>,
}

/// The audience's fields that take something of the contact, by their tags, beside the two for names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fields<'a> {
    /// Takes the phone number.
    pub phone: Option<&'a str>,
    /// Takes the postal address; of type address.
    pub address: Option<&'a str>,
}

impl<'a> Upsert<'a> {
    /// The contact as Mailchimp takes them. What is not known is left out: an empty text would wipe what is there. FNAME
    /// and LNAME are the two fields that every new audience has.
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

    /// Whether a merge field goes by this tag.
    pub fn has(&self, tag: &str) -> bool {
        self.merge_fields.contains_key(tag)
    }

    /// The same without the merge fields that are left out.
    #[must_use]
    pub fn without(&self, left_out: &LeftOut) -> Self {
        let mut upsert = self.clone();
        upsert.merge_fields.retain(|tag, _| !left_out.has(tag));
        upsert
    }

    /// The address of the contact.
    pub fn email(&self) -> &str {
        self.email_address
    }
}

/// An address as a merge field takes it: street, city, state and postal code must all be there.
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

/// A tag to be put on or taken off.
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
    /// To be put on.
    pub fn active(name: &'a str) -> Self {
        Self { name, status: TagStatus::Active }
    }

    /// To be taken off.
    pub fn inactive(name: &'a str) -> Self {
        Self { name, status: TagStatus::Inactive }
    }
}
