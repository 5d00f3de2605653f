//! The calls of HighLevel's API that the actions need.
//! <https://marketplace.gohighlevel.com/docs/>

use connector::call::Access;
use connector::http::{Answer, AppHttp, Method, Origin, RequestBuilder};
use domain::fact::{Address, Country};
use domain::job;
use domain::options::OptionItem;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Where HighLevel's API answers, for every account.
pub const ORIGIN: &str = "https://services.leadconnectorhq.com";

/// The version of the API that every call names.
const VERSION: &str = "2021-07-28";

/// Calls one location. Everything here can be repeated without harm.
#[derive(Debug)]
pub struct Client<'a> {
    http: &'a AppHttp,
    origin: &'a Origin,
    token: &'a SecretString,
    location: &'a str,
    now: Timestamp,
}

/// A contact as HighLevel takes them. What is not known is left out: a blank would wipe what HighLevel knows. So is
/// `source`, which would take the merchant's own record of where the contact came from, and above all `tags`, which
/// would replace every tag that the contact has.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Person<'a> {
    location_id: &'a str,
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
}

impl<'a> Person<'a> {
    fn of(contact: &'a job::Contact, location_id: &'a str) -> Self {
        let address = contact.address.as_ref();
        let part = |part: fn(&Address) -> Option<&str>| known(address.and_then(part));
        // HighLevel has one field for the street and for what stands below it.
        let lines = [part(|address| address.line1.as_deref()), part(|address| address.line2.as_deref())];
        let street = lines.into_iter().flatten().collect::<Vec<_>>().join(", ");
        Self {
            location_id,
            email: contact.email.trim(),
            first_name: known(contact.first_name.as_deref()),
            last_name: known(contact.last_name.as_deref()),
            phone: known(contact.phone.as_deref()),
            address1: Some(street).filter(|street| !street.is_empty()),
            city: part(|address| address.city.as_deref()),
            state: part(|address| address.region.as_deref()),
            postal_code: part(|address| address.postal_code.as_deref()),
            country: part(|address| address.country.as_ref().map(Country::as_str)),
        }
    }
}

/// The text without blanks around it, if anything is left.
fn known(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// What HighLevel says of a contact; the little that we need of it.
#[derive(Debug, Deserialize)]
pub struct Contact {
    /// The id.
    pub id: String,
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Contact {
    /// One of whom nothing but the id is known.
    pub fn with_id(id: String) -> Self {
        Self { id, tags: None }
    }

    /// How HighLevel spells a tag that it says the contact has: capital letters make no difference.
    pub fn tag(&self, name: &str) -> Option<&str> {
        let name = name.to_lowercase();
        self.tags.iter().flatten().map(String::as_str).find(|tag| tag.to_lowercase() == name)
    }
}

/// What became of an upsert.
#[derive(Debug, Deserialize)]
pub struct Upserted {
    /// Whether the contact was created.
    #[serde(default)]
    pub new: bool,
    /// The contact as they are now.
    pub contact: Contact,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    contact: Option<Contact>,
}

#[derive(Serialize)]
struct Tags<'a> {
    tags: [&'a str; 1],
}

#[derive(Deserialize)]
struct LocationTags {
    tags: Vec<LocationTag>,
}

#[derive(Deserialize)]
struct LocationTag {
    name: String,
}

#[derive(Deserialize)]
struct LocationFound {
    #[serde(default)]
    location: Option<Location>,
}

#[derive(Deserialize)]
struct Location {
    #[serde(default)]
    name: Option<String>,
}

impl<'a> Client<'a> {
    /// For the location that the merchant chose.
    ///
    /// # Errors
    /// Its id or the access token is absent.
    pub fn new(http: &'a AppHttp, origin: &'a Origin, access: Access<'a>) -> Result<Self, Error> {
        let token = access.credentials.get("access_token")?;
        let location = access.credentials.get("location_id")?.expose_secret().trim();
        Ok(Self { http, origin, token, location, now: access.now })
    }

    /// Creates the contact, or updates the one that HighLevel takes for the same. Which that is, the location's
    /// setting "Allow Duplicate Contact" says: by e-mail, by phone, or by both in an order.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/contacts/upsert-contact>
    pub async fn upsert(&self, contact: &job::Contact) -> Result<Upserted, Error> {
        let request = self.request(Method::POST, &["contacts", "upsert"])?;
        Ok(self.send(request.json(&Person::of(contact, self.location))).await?.json()?)
    }

    /// Looks a contact up by e-mail. The vendor's specification knows an answer without a body only; what comes is read
    /// as a contact, or none where there is no such contact.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/contacts/get-duplicate-contact>
    pub async fn find(&self, email: &str) -> Result<Option<Contact>, Error> {
        let request = self
            .request(Method::GET, &["contacts", "search", "duplicate"])?
            .query(&[("locationId", self.location), ("email", email.trim())]);
        let answer = self.send(request).await?;
        if answer.is_empty() {
            return Ok(None);
        }
        Ok(answer.json::<Found>()?.contact)
    }

    /// Tags a contact. A tag that the location does not have is created.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/contacts/add-tags>
    pub async fn add_tag(&self, contact: &str, tag: &str) -> Result<(), Error> {
        let request = self.request(Method::POST, &["contacts", contact, "tags"])?;
        self.send(request.json(&Tags { tags: [tag] })).await?;
        Ok(())
    }

    /// Takes a tag off a contact. One that they do not have is no error.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/contacts/remove-tags>
    pub async fn remove_tag(&self, contact: &str, tag: &str) -> Result<(), Error> {
        let request = self.request(Method::DELETE, &["contacts", contact, "tags"])?;
        self.send(request.json(&Tags { tags: [tag] })).await?;
        Ok(())
    }

    /// The tags of the location, which HighLevel gives all at once. Contacts are tagged by name, so that is the value.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/locations/get-location-tags>
    pub async fn tags(&self) -> Result<Vec<OptionItem>, Error> {
        let request = self.request(Method::GET, &["locations", self.location, "tags"])?;
        let found: LocationTags = self.send(request).await?.json()?;
        let names = found.tags.into_iter().map(|tag| tag.name).filter(|name| !name.trim().is_empty());
        Ok(names.map(|name| OptionItem::new(name.clone(), name)).collect())
    }

    /// What the location is called.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/locations/get-location>
    pub async fn name(&self) -> Result<Option<String>, Error> {
        let request = self.request(Method::GET, &["locations", self.location])?;
        let found: LocationFound = self.send(request).await?.json()?;
        let name = found.location.and_then(|location| location.name);
        Ok(name.filter(|name| !name.trim().is_empty()))
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Error> {
        let url = self.origin.url(path.iter().copied())?;
        let request = self.http.request(method, url).bearer_auth(self.token.expose_secret().trim());
        Ok(request.header("version", VERSION))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Error> {
        let answer = self.http.send(request).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(Error::of(&answer, self.now)) }
    }
}
