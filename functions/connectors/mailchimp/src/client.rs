//! The calls of Mailchimp's Marketing API that the actions need.
//! <https://mailchimp.com/developer/marketing/api/>

use connector::credentials::Credentials;
use connector::http::{Answer, AppHttp, Method, Origin, RequestBuilder};
use domain::job::Contact;
use jiff::Timestamp;
use md5::{Digest, Md5};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Calls one account. Everything here can be repeated without harm.
#[derive(Debug)]
pub struct Client<'a> {
    http: &'a AppHttp,
    origin: Origin,
    key: &'a SecretString,
    now: Timestamp,
}

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
#[derive(Debug, Serialize)]
pub struct Upsert<'a> {
    email_address: &'a str,
    status_if_new: Status,
    #[serde(skip_serializing_if = "MergeFields::is_empty")]
    merge_fields: MergeFields<'a>,
}

/// The two merge fields that every new audience has. Absent ones are left out: an empty text would wipe a known name.
#[derive(Debug, Serialize)]
struct MergeFields<'a> {
    #[serde(rename = "FNAME", skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(rename = "LNAME", skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
}

impl MergeFields<'_> {
    fn is_empty(&self) -> bool {
        self.first_name.is_none() && self.last_name.is_none()
    }
}

impl<'a> Upsert<'a> {
    /// The contact as Mailchimp takes them.
    pub fn of(contact: &'a Contact, status_if_new: Status) -> Self {
        let name = |name: &'a Option<String>| name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        Self {
            email_address: contact.email.trim(),
            status_if_new,
            merge_fields: MergeFields {
                first_name: name(&contact.first_name),
                last_name: name(&contact.last_name),
            },
        }
    }
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

#[derive(Serialize)]
struct Tags<'a> {
    tags: [&'a Tag<'a>; 1],
}

#[derive(Serialize)]
struct NewStatus {
    status: Status,
}

impl<'a> Client<'a> {
    /// For the account that the API key belongs to. The key's last part names the data center.
    ///
    /// <https://mailchimp.com/developer/marketing/docs/fundamentals/#the-api-structure>
    ///
    /// # Errors
    /// The key is absent, or names no data center.
    pub fn new(http: &'a AppHttp, credentials: &'a Credentials, now: Timestamp) -> Result<Self, Error> {
        let key = credentials.get("api_key")?;
        let center = data_center(key.expose_secret()).ok_or(Error::NoDataCenter)?;
        let origin = http.origin(&format!("https://{center}.api.mailchimp.com"));
        Ok(Self { http, origin: origin.map_err(|_| Error::NoDataCenter)?, key, now })
    }

    /// Adds a member, or updates the one of that address but for their status. Merge fields that the audience
    /// requires and we do not know are let pass, so that they do not cost the merchant a buyer.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-members/add-or-update-list-member/>
    pub async fn upsert(&self, list: &str, member: &Upsert<'_>) -> Result<Member, Error> {
        let request = self
            .request(Method::PUT, &["lists", list, "members", &hash(member.email_address)])?
            .query(&[("skip_merge_validation", "true")])
            .json(member);
        Ok(self.send(request).await?.json()?)
    }

    /// Gives a member another status.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-members/update-list-member/>
    pub async fn set_status(&self, list: &str, email: &str, status: Status) -> Result<Member, Error> {
        let request = self
            .request(Method::PATCH, &["lists", list, "members", &hash(email)])?
            .query(&[("skip_merge_validation", "true")])
            .json(&NewStatus { status });
        Ok(self.send(request).await?.json()?)
    }

    /// Looks a member up.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-members/get-member-info/>
    pub async fn member(&self, list: &str, email: &str) -> Result<Member, Error> {
        let request = self
            .request(Method::GET, &["lists", list, "members", &hash(email)])?
            .query(&[("fields", "status")]);
        Ok(self.send(request).await?.json()?)
    }

    /// Archives a member. 404 or 405: there is none, or they are archived.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-members/archive-list-member/>
    pub async fn archive(&self, list: &str, email: &str) -> Result<(), Error> {
        self.send(self.request(Method::DELETE, &["lists", list, "members", &hash(email)])?).await?;
        Ok(())
    }

    /// Puts a tag on a member, or takes it off. `is_syncing` is left out: it would keep the merchant's automations
    /// from starting.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-member-tags/add-or-remove-member-tags/>
    pub async fn tag(&self, list: &str, email: &str, tag: &Tag<'_>) -> Result<(), Error> {
        let request = self.request(Method::POST, &["lists", list, "members", &hash(email), "tags"])?;
        self.send(request.json(&Tags { tags: [tag] })).await?;
        Ok(())
    }

    /// Whether there is such a list: [`Error::NotFound`] if not.
    ///
    /// <https://mailchimp.com/developer/marketing/api/lists/get-list-info/>
    pub async fn list(&self, list: &str) -> Result<(), Error> {
        self.send(self.request(Method::GET, &["lists", list])?.query(&[("fields", "id")])).await?;
        Ok(())
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Error> {
        let url = self.origin.url(["3.0"].into_iter().chain(path.iter().copied()))?;
        // Any user name will do.
        let key = self.key.expose_secret().trim();
        Ok(self.http.request(method, url).basic_auth("integration-engine", Some(key)))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Error> {
        let answer = self.http.send(request).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(Error::of(&answer, self.now)) }
    }
}

/// The part of the key after the last `-`. Held against what data centers are called, because it becomes a host.
fn data_center(key: &str) -> Option<&str> {
    let (_, center) = key.trim().rsplit_once('-')?;
    let letters = center.trim_end_matches(|c: char| c.is_ascii_digit());
    let valid = (2..=4).contains(&letters.len())
        && letters.bytes().all(|byte| byte.is_ascii_lowercase())
        && (1..=3).contains(&(center.len() - letters.len()));
    valid.then_some(center)
}

/// How Mailchimp addresses a member: MD5 of the address in lower case, as hex.
fn hash(email: &str) -> String {
    let digest: [u8; 16] = Md5::digest(email.trim().to_lowercase()).into();
    format!("{:032x}", u128::from_be_bytes(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_vendors_own_example() {
        let expected = "62eeb292278cc15f5817cb78f7790b08";
        assert_eq!(hash("Urist.McVankab@freddiesjokes.com"), expected);
        assert_eq!(hash(" urist.mcvankab@freddiesjokes.com "), expected);
    }

    #[test]
    fn only_a_data_center_becomes_a_host() {
        for (key, expected) in [
            ("0123456789abcdef0123456789abcdef-us6", Some("us6")),
            ("a-b-us21 ", Some("us21")),
            ("0123456789abcdef", None),
            ("key-", None),
            ("key-6", None),
            ("key-us", None),
            ("key-us6.evil.example", None),
            ("key-evil.example/#", None),
            ("key-us6@evil", None),
        ] {
            assert_eq!(data_center(key), expected, "{key}");
        }
    }
}
