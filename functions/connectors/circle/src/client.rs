//! The calls of Circle's Admin API V2 that the actions need. <https://api.circle.so/apis/admin-api>
//!
//! Each call's page is a section of <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs>.

use connector::call::Access;
use connector::credentials::Credentials;
use connector::failure::{LeftOut, Said};
use connector::http::{Answer, AppHttp, Method, Origin, RequestBuilder, Url, header};
use connector::person::{full_name, same_address};
use domain::job::Contact;
use domain::options::MOST;
use domain::outcome::Setback;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::{self, Failure, Record};
use crate::target::Target;

/// The number of entries that a list call requests.
const PER_PAGE: &str = "100";

/// Calls the community that the token was created in. All calls here can be repeated without harm.
#[derive(Debug)]
pub struct Client<'a> {
    http: &'a AppHttp,
    origin: &'a Origin,
    token: &'a SecretString,
    now: Timestamp,
}

/// The community's address, as the merchant entered it. No request is sent to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommunityUrl {
    host: String,
}

impl CommunityUrl {
    /// Reads the credential `community_url`.
    ///
    /// # Errors
    /// The credential is absent, or is not an https address with a host name.
    pub fn of(credentials: &Credentials) -> Result<Self, Setback> {
        let given = credentials.get("community_url")?.expose_secret();
        let url = Url::parse(given.trim())
            .ok()
            .filter(|url| url.scheme() == "https" && url.username().is_empty() && url.password().is_none());
        let host = url.as_ref().and_then(Url::domain).filter(|host| host.contains('.'));
        Ok(Self { host: host.ok_or_else(no_community)?.to_owned() })
    }
}

fn no_community() -> Setback {
    Setback::reconnect(
        "The Community URL is not the address of a community.",
        "Copy it whole from Settings > General in Circle; it begins with https://.",
    )
}

/// The fields of Circle's community that the connector reads.
#[derive(Debug, Clone, Deserialize)]
pub struct Community {
    name: String,
    #[serde(default)]
    slug: Option<String>,
}

impl Community {
    /// The account's label, with a warning if the token belongs to another community than the address. Circle returns
    /// the slug, which is the first part of an address of Circle's own; a custom domain cannot be compared.
    pub fn account(self, url: &CommunityUrl) -> String {
        let named = url.host.strip_suffix(".circle.so");
        match (named, self.slug) {
            (Some(named), Some(slug)) if !slug.eq_ignore_ascii_case(named) => {
                format!(
                    "{} (warning: the API key belongs to {slug}.circle.so, not to {})",
                    self.name, url.host
                )
            }
            _ => self.name,
        }
    }
}

/// A member in a search result.
#[derive(Debug, Clone, Deserialize)]
pub struct Member {
    /// The id for removal.
    pub id: u64,
    #[serde(default)]
    email: Option<String>,
}

/// Circle's response to a change.
#[derive(Debug, Clone, Deserialize)]
pub struct Answered {
    /// Absent, or true. False where a V1 API would have returned an error.
    #[serde(default)]
    success: Option<bool>,
    #[serde(default)]
    message: String,
}

impl Answered {
    /// Whether the state already existed, as in "This user is already a member of this community."
    pub fn already(&self) -> bool {
        self.message.to_lowercase().contains("already")
    }
}

/// A contact to invite.
#[derive(Debug, Serialize)]
pub struct Invitation<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl<'a> Invitation<'a> {
    /// The contact, with the parts of their name that are known and not left out.
    pub fn of(contact: &'a Contact, left_out: &LeftOut) -> Self {
        Self { email: contact.email.trim(), name: left_out.keep("name", full_name(contact)) }
    }
}

/// One entry of a list: a space, a space group, an event, a member tag.
#[derive(Debug, Clone, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: u64,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// The group that a space is in.
    #[serde(default)]
    pub space_group: Option<Parent>,
    /// The space that an event is in.
    #[serde(default)]
    pub space: Option<Parent>,
    /// When an event begins.
    #[serde(default)]
    pub starts_at: Option<String>,
}

/// The space or group that an entry belongs to.
#[derive(Debug, Clone, Deserialize)]
pub struct Parent {
    /// Its id.
    pub id: u64,
}

#[derive(Deserialize)]
struct Page {
    has_next_page: bool,
    records: Vec<Entry>,
}

impl<'a> Client<'a> {
    /// A client for the community that the token belongs to.
    ///
    /// # Errors
    /// The token is absent.
    pub fn new(http: &'a AppHttp, origin: &'a Origin, access: &Access<'a>) -> Result<Self, Failure> {
        Ok(Self { http, origin, token: access.credentials.get("api_token")?, now: access.now })
    }

    /// The community of the token.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Communities>
    pub async fn community(&self) -> Result<Community, Failure> {
        Ok(self.send(self.request(Method::GET, &["community"])?).await?.json()?)
    }

    /// Invites a contact. Circle returns the same status for an existing member.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Community%20Members>
    pub async fn invite(&self, invitation: &Invitation<'_>) -> Result<Answered, Failure> {
        self.change(self.request(Method::POST, &["community_members"])?.json(invitation)).await
    }

    /// Finds a member by e-mail address. A member with another address is not accepted as a result.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Community%20Members>
    pub async fn member(&self, email: &str) -> Result<Member, Failure> {
        let request = self.request(Method::GET, &["community_members", "search"])?;
        let member: Member = self.send(request.query(&[("email", email.trim())])).await?.json()?;
        if member.email.as_deref().is_none_or(|own| same_address(own, email)) {
            Ok(member)
        } else {
            Err(Record::Person.failure())
        }
    }

    /// Deactivates a member. `delete_member` is not used, because it also erases their posts.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Community%20Members>
    pub async fn deactivate(&self, member: u64) -> Result<Answered, Failure> {
        self.change(self.request(Method::DELETE, &["community_members", &member.to_string()])?).await
    }

    /// Adds a member to a space, a space group or an event's attendees, or tags them.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Space%20Members>, and likewise `Space Group Members`,
    /// `Event Attendees` and `Tagged Members`.
    pub async fn join(&self, target: &Target, email: &str, id: &Value) -> Result<Answered, Failure> {
        let body = json!({target.email: email.trim(), target.id: id});
        self.change(self.request(Method::POST, &[target.path])?.json(&body)).await
    }

    /// Removes a member. An event's id goes into the body, all other ids into the query.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Space%20Members>, and likewise the others.
    pub async fn leave(&self, target: &Target, email: &str, id: &Value) -> Result<Answered, Failure> {
        let request = self.request(Method::DELETE, &[target.path])?;
        self.change(match id {
            Value::Number(id) => request.query(&[(target.email, email.trim()), (target.id, &id.to_string())]),
            id => request.json(&json!({target.email: email.trim(), target.id: id})),
        })
        .await
    }

    /// The id of the tag with this name: an exact match, or otherwise a match that ignores letter case.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Member%20Tags>
    pub async fn tag_named(&self, name: &str) -> Result<Option<u64>, Failure> {
        let tags = self.entries("member_tags", Some(name)).await?;
        let names = |tag: &Entry| tag.name.as_deref().unwrap_or_default().trim().to_owned();
        let same = |tag: &&Entry| names(tag) == name;
        let folded = |tag: &&Entry| names(tag).to_lowercase() == name.to_lowercase();
        Ok(tags.iter().find(same).or_else(|| tags.iter().find(folded)).map(|tag| tag.id))
    }

    /// Creates a tag and returns its id. Other members do not see it unless the merchant makes it visible.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Member%20Tags>
    pub async fn create_tag(&self, name: &str) -> Result<u64, Failure> {
        let request = self.request(Method::POST, &["member_tags"])?;
        let tag: Entry = self.send(request.json(&json!({"name": name, "is_public": false}))).await?.json()?;
        Ok(tag.id)
    }

    /// All pages of a list: `spaces`, `space_groups`, `events` or `member_tags`. Tags and groups can be filtered by
    /// name.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Spaces>
    pub async fn entries(&self, list: &str, name: Option<&str>) -> Result<Vec<Entry>, Failure> {
        let mut entries = Vec::new();
        let (mut number, mut before) = (1_u32, None);
        loop {
            let mut query = vec![("page", number.to_string()), ("per_page", PER_PAGE.to_owned())];
            query.extend(name.map(|name| ("name", name.to_owned())));
            let page: Page = self.send(self.request(Method::GET, &[list])?.query(&query)).await?.json()?;
            // Stops at a page that begins as the previous one did: such pages would never end, and each call counts
            // towards the month.
            let first = page.records.first().map(|entry| entry.id);
            if first.is_none() || first == before {
                return Ok(entries);
            }
            entries.extend(page.records);
            if !page.has_next_page || entries.len() > MOST {
                return Ok(entries);
            }
            (number, before) = (number + 1, first);
        }
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Failure> {
        let url = self.origin.url(["api", "admin", "v2"].into_iter().chain(path.iter().copied()))?;
        let token = format!("Token {}", self.token.expose_secret().trim());
        Ok(self.http.request(method, url).header(header::AUTHORIZATION, token))
    }

    async fn change(&self, request: RequestBuilder) -> Result<Answered, Failure> {
        let answer = self.send(request).await?;
        let answered: Answered = answer.json()?;
        match answered.success {
            Some(false) => Err(error::rejected(&Said::new(&answer, &answered.message))),
            Some(true) | None => Ok(answered),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let answer = self.http.send(request).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(error::failure(&answer, self.now)) }
    }
}
