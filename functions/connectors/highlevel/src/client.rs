//! The calls of HighLevel's API that the actions need.
//! <https://marketplace.gohighlevel.com/docs/>

use std::borrow::Cow;
use std::collections::BTreeMap;

use connector::call::Access;
use connector::failure::{Field, LeftOut};
use connector::http::{Answer, AppHttp, Method, Origin, RequestBuilder};
use connector::keyed::{Keyed, Taken};
use connector::person::{known, same_address};
use domain::fact::{Address, Country};
use domain::job;
use domain::options::OptionItem;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{self, Failure, PHONE};

/// The origin of HighLevel's API, the same for every account.
pub const ORIGIN: &str = "https://services.leadconnectorhq.com";

/// The contacts that jobs of this process are looking up or creating, by location and e-mail address.
pub type Turns = Keyed<(String, String), ()>;

/// The API version that every call sends.
const VERSION: &str = "2021-07-28";

/// Calls one location.
#[derive(Debug)]
pub struct Client<'a> {
    http: &'a AppHttp,
    origin: &'a Origin,
    turns: &'a Turns,
    token: &'a SecretString,
    location: &'a str,
    now: Timestamp,
}

/// A contact to create: its fields by name. Unknown fields are left out, and so is the phone number: in a location that
/// searches by phone first, the upsert would change the contact that has the number.
#[derive(Debug, Serialize)]
pub struct Person<'a>(BTreeMap<&'static str, Cow<'a, str>>);

impl<'a> Person<'a> {
    /// The buyer, as a contact of the location `location`.
    fn of(buyer: &'a job::Contact, location: &'a str) -> Self {
        let address = buyer.address.as_ref();
        let part = |part: fn(&Address) -> Option<&str>| known(address.and_then(part));
        // HighLevel has a single field for both lines of the address.
        let lines = [part(|address| address.line1.as_deref()), part(|address| address.line2.as_deref())];
        let street = lines.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let texts = [
            ("locationId", Some(location)),
            ("email", Some(buyer.email.trim())),
            ("firstName", known(buyer.first_name.as_deref())),
            ("lastName", known(buyer.last_name.as_deref())),
            ("city", part(|address| address.city.as_deref())),
            ("state", part(|address| address.region.as_deref())),
            ("postalCode", part(|address| address.postal_code.as_deref())),
            ("country", part(|address| address.country.as_ref().map(Country::as_str))),
        ];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, Cow::from(text?))));
        let street = Some(("address1", Cow::from(street))).filter(|(_, street)| !street.is_empty());
        Self(texts.chain(street).collect())
    }

    /// Whether the contact has this field and can be created without it.
    pub fn is_optional(&self, name: &str) -> bool {
        !matches!(name, "locationId" | "email") && self.0.contains_key(name)
    }

    /// The same contact without some fields.
    #[must_use]
    pub fn without(&self, left_out: &LeftOut) -> Self {
        let kept = self.0.iter().filter(|(name, _)| !left_out.has(name));
        Self(kept.map(|(name, text)| (*name, text.clone())).collect())
    }
}

/// The fields of HighLevel's contact that the actions use.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Its id.
    pub id: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    additional_emails: Value,
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Contact {
    /// Whether one of the contact's e-mail addresses is `email`, ignoring letter case. A contact without addresses in
    /// the response counts as a match, because the search was by address.
    fn has_email(&self, email: &str) -> bool {
        let same = |own: &str| same_address(own, email);
        let more = self.additional_emails.as_array().into_iter().flatten();
        let more = more.filter_map(|own| own.as_str().or_else(|| own["email"].as_str()));
        self.email.as_deref().is_none_or(same) || more.into_iter().any(same)
    }

    /// The tag with this name as HighLevel spells it, if the contact shows it. Letter case is ignored.
    pub fn tag(&self, name: &str) -> Option<&str> {
        let name = name.to_lowercase();
        self.tags.iter().flatten().map(String::as_str).find(|tag| tag.to_lowercase() == name)
    }
}

/// The response of an upsert.
#[derive(Debug, Deserialize)]
pub struct Upserted {
    /// Whether the contact was just created.
    pub new: bool,
    /// The contact.
    pub contact: Contact,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    contact: Option<Contact>,
}

#[derive(Serialize)]
struct Phone<'a> {
    phone: &'a str,
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
    /// A client for the location that the merchant chose.
    ///
    /// # Errors
    /// Its id or the access token is absent.
    pub fn new(
        http: &'a AppHttp,
        origin: &'a Origin,
        turns: &'a Turns,
        access: Access<'a>,
    ) -> Result<Self, Failure> {
        let token = access.credentials.get("access_token")?;
        let location = access.credentials.get("location_id")?.expose_secret().trim();
        Ok(Self { http, origin, turns, token, location, now: access.now })
    }

    /// The buyer as a contact to create in this location.
    pub fn person<'c>(&self, contact: &'c job::Contact) -> Person<'c>
    where
        'a: 'c,
    {
        Person::of(contact, self.location)
    }

    /// Waits until no other job of this process looks up or creates the contact with this address. HighLevel does not
    /// document that two simultaneous upserts create only one contact.
    pub async fn turn(&self, email: &str) -> Taken<()> {
        self.turns.take((self.location.to_owned(), email.trim().to_lowercase()), |()| false).await
    }

    /// Creates a contact unless one with the e-mail address exists, as another job may have created it first. HighLevel
    /// searches also if the location allows duplicates, provided that the request does not ask for a new contact.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/contacts/upsert-contact>
    pub async fn upsert(&self, person: &Person<'_>) -> Result<Upserted, Failure> {
        let request = self.request(Method::POST, &["contacts", "upsert"])?.json(person);
        match self.send(request).await {
            Ok(answer) => Ok(answer.json()?),
            Err(Failure { setback, case, fields }) => {
                let is_sent = |field: &Field| person.0.contains_key(field.name.as_str());
                Err(Failure { setback, case, fields: fields.into_iter().filter(is_sent).collect() })
            }
        }
    }

    /// Sets the phone number of a new contact. A rejection concerns the number only: a later attempt finds the contact
    /// and does not set it.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/contacts/update-contact>
    pub async fn set_phone(&self, contact: &str, phone: &str) -> Result<(), Failure> {
        let request = self.request(Method::PUT, &["contacts", contact])?.json(&Phone { phone });
        let set = async { Ok(self.send(request).await?.acknowledged()?) };
        set.await.map_err(|Failure { setback, case, fields }| {
            let why = fields.into_iter().find(|field| field.name == PHONE).map(|field| field.why);
            let why = why.unwrap_or_else(|| setback.clone().into_reason().message);
            Failure { setback, case, fields: [Field { name: PHONE.to_owned(), why }].into() }
        })
    }

    /// Finds a contact by e-mail address. The vendor does not document the response body: a missing or null contact, or
    /// a contact with another address, means that there is none.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/contacts/get-duplicate-contact>
    pub async fn find(&self, email: &str) -> Result<Option<Contact>, Failure> {
        let email = email.trim();
        let request = self
            .request(Method::GET, &["contacts", "search", "duplicate"])?
            .query(&[("locationId", self.location), ("email", email)]);
        let answer = self.send(request).await?;
        if answer.is_empty() {
            return Ok(None);
        }
        Ok(answer.json::<Found>()?.contact.filter(|contact| contact.has_email(email)))
    }

    /// Tags a contact. HighLevel creates a tag that the location does not have.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/contacts/add-tags>
    pub async fn add_tag(&self, contact: &str, tag: &str) -> Result<(), Failure> {
        let request = self.request(Method::POST, &["contacts", contact, "tags"])?;
        Ok(self.send(request.json(&Tags { tags: [tag] })).await?.acknowledged()?)
    }

    /// Removes a tag from a contact. A missing tag is no error.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/contacts/remove-tags>
    pub async fn remove_tag(&self, contact: &str, tag: &str) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, &["contacts", contact, "tags"])?;
        Ok(self.send(request.json(&Tags { tags: [tag] })).await?.acknowledged()?)
    }

    /// The tags of the location, which HighLevel returns in one response. The value is the name, because contacts are
    /// tagged by name.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/locations/get-location-tags>
    pub async fn tags(&self) -> Result<Vec<OptionItem>, Failure> {
        let request = self.request(Method::GET, &["locations", self.location, "tags"])?;
        let found: LocationTags = self.send(request).await?.json()?;
        let names = found.tags.into_iter().map(|tag| tag.name).filter(|name| !name.trim().is_empty());
        Ok(names.map(|name| OptionItem::new(name.clone(), name)).collect())
    }

    /// The location's name.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/locations/get-location>
    pub async fn name(&self) -> Result<Option<String>, Failure> {
        let request = self.request(Method::GET, &["locations", self.location])?;
        let found: LocationFound = self.send(request).await?.json()?;
        let name = found.location.and_then(|location| location.name);
        Ok(name.filter(|name| !name.trim().is_empty()))
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Failure> {
        let request = self.http.request(method, self.origin.url(path.iter().copied())?);
        Ok(request.bearer_auth(self.token.expose_secret().trim()).header("version", VERSION))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let answer = self.http.send(request).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(error::failure(&answer, self.now)) }
    }
}
