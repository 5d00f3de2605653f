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

/// How many of a list are asked for at once.
const PER_PAGE: &str = "100";

/// Calls one community: the one that the token was made in. Everything here can be repeated without harm.
#[derive(Debug)]
pub struct Client<'a> {
    http: &'a AppHttp,
    origin: &'a Origin,
    token: &'a SecretString,
    now: Timestamp,
}

/// Where the merchant says that their community is. Nothing is sent there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommunityUrl {
    host: String,
}

impl CommunityUrl {
    /// As the merchant gave it.
    ///
    /// # Errors
    /// It is absent, or no https address of a host that has a name.
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

/// What Circle says of a community; the little that we need of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Community {
    name: String,
    #[serde(default)]
    slug: Option<String>,
}

impl Community {
    /// What the merchant knows it by, with a warning where the token is of another community than the address. Circle
    /// tells the slug, which is the first part of an address of Circle's own; a domain of the merchant's tells nothing.
    pub fn account(self, url: &CommunityUrl) -> String {
        let named = url.host.strip_suffix(".circle.so");
        match (named, self.slug) {
            (Some(named), Some(slug)) if !slug.eq_ignore_ascii_case(named) => {
                format!("{} (attention: the API key is of {slug}.circle.so, not of {})", self.name, url.host)
            }
            _ => self.name,
        }
    }
}

/// A member as a search finds them.
#[derive(Debug, Clone, Deserialize)]
pub struct Member {
    /// What they are removed by.
    pub id: u64,
    #[serde(default)]
    email: Option<String>,
}

/// What Circle says of what it did.
#[derive(Debug, Clone, Deserialize)]
pub struct Answered {
    /// Absent, or true: it is false where a V1 API would have answered an error.
    #[serde(default)]
    success: Option<bool>,
    #[serde(default)]
    message: String,
}

impl Answered {
    /// Whether it was so before: "This user is already a member of this community."
    pub fn already(&self) -> bool {
        self.message.to_lowercase().contains("already")
    }
}

/// Somebody to be invited.
#[derive(Debug, Serialize)]
pub struct Invitation<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl<'a> Invitation<'a> {
    /// The contact, with as much of their name as is known and not left out.
    pub fn of(contact: &'a Contact, left_out: &LeftOut) -> Self {
        Self { email: contact.email.trim(), name: left_out.keep("name", full_name(contact)) }
    }
}

/// One entry of a list: a space, a space group, an event, a member tag.
#[derive(Debug, Clone, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: u64,
    /// What it is called.
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

/// What an entry is in.
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
    /// For the community that the token belongs to.
    ///
    /// # Errors
    /// The token is absent.
    pub fn new(http: &'a AppHttp, origin: &'a Origin, access: &Access<'a>) -> Result<Self, Failure> {
        Ok(Self { http, origin, token: access.credentials.get("api_token")?, now: access.now })
    }

    /// The community itself.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Communities>
    pub async fn community(&self) -> Result<Community, Failure> {
        Ok(self.send(self.request(Method::GET, &["community"])?).await?.json()?)
    }

    /// Invites somebody. Circle answers the same status for whoever is a member already.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Community%20Members>
    pub async fn invite(&self, invitation: &Invitation<'_>) -> Result<Answered, Failure> {
        self.change(self.request(Method::POST, &["community_members"])?.json(invitation)).await
    }

    /// Looks a member up by address. One with another address is not taken for them.
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

    /// Deactivates a member. Not `delete_member`, which erases what they wrote as well.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Community%20Members>
    pub async fn deactivate(&self, member: u64) -> Result<Answered, Failure> {
        self.change(self.request(Method::DELETE, &["community_members", &member.to_string()])?).await
    }

    /// Puts a member into a space, a space group or the list of an event, or tags them.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Space%20Members>, and likewise `Space Group Members`,
    /// `Event Attendees` and `Tagged Members`.
    pub async fn join(&self, target: &Target, email: &str, id: &Value) -> Result<Answered, Failure> {
        let body = json!({target.email: email.trim(), target.id: id});
        self.change(self.request(Method::POST, &[target.path])?.json(&body)).await
    }

    /// Takes a member out again. An event is named in a body, whatever else in the query.
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

    /// The id of the tag of this name. Letter case makes no difference unless two tags differ in nothing else.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Member%20Tags>
    pub async fn tag_named(&self, name: &str) -> Result<Option<u64>, Failure> {
        let tags = self.entries("member_tags", Some(name)).await?;
        let names = |tag: &Entry| tag.name.as_deref().unwrap_or_default().trim().to_owned();
        let same = |tag: &&Entry| names(tag) == name;
        let folded = |tag: &&Entry| names(tag).to_lowercase() == name.to_lowercase();
        Ok(tags.iter().find(same).or_else(|| tags.iter().find(folded)).map(|tag| tag.id))
    }

    /// Creates a tag and gives its id. Other members do not see it unless the merchant wants them to.
    ///
    /// <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs#/Member%20Tags>
    pub async fn create_tag(&self, name: &str) -> Result<u64, Failure> {
        let request = self.request(Method::POST, &["member_tags"])?;
        let tag: Entry = self.send(request.json(&json!({"name": name, "is_public": false}))).await?.json()?;
        Ok(tag.id)
    }

    /// A whole list, page by page: `spaces`, `space_groups`, `events` or `member_tags`; of tags and groups, those of one
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
            // A page that begins as the last one did would come for ever, and each counts against the month's calls.
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
