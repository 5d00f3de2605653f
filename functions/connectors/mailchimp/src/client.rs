//! The calls of Mailchimp's Marketing API that the actions need.
//! <https://mailchimp.com/developer/marketing/api/>

use connector::call::Access;
use connector::failure::Said;
use connector::http::{Answer, AppHttp, Method, Origin, RequestBuilder, header};
use domain::outcome::Setback;
use jiff::Timestamp;
use md5::{Digest, Md5};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::{self, Failure};
use crate::member::{Member, Status, Tag, Upsert};

/// The page size. Mailchimp rejects a larger one.
const PAGE: usize = 1000;

/// Calls one account. All calls here can be repeated without harm.
#[derive(Debug)]
pub struct Client<'a> {
    http: &'a AppHttp,
    origin: Origin,
    auth: Auth<'a>,
    now: Timestamp,
}

/// The credential of the account.
#[derive(Debug)]
enum Auth<'a> {
    Key(&'a SecretString),
    Token(&'a SecretString),
}

/// A page of a list.
#[derive(Debug)]
pub struct Page<T> {
    /// The entries of the page.
    pub items: Vec<T>,
    /// The number of entries in the whole list.
    pub total: usize,
}

/// An audience.
#[derive(Debug, Deserialize)]
pub struct Audience {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
}

/// A field of an audience.
#[derive(Debug, Deserialize)]
pub struct MergeField {
    /// The id under which a member's value is stored.
    pub tag: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its type, such as `text`, `phone` or `address`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

#[derive(Deserialize)]
struct Audiences {
    lists: Vec<Audience>,
    total_items: usize,
}

#[derive(Deserialize)]
struct MergeFields {
    merge_fields: Vec<MergeField>,
    total_items: usize,
}

#[derive(Deserialize)]
struct FoundTags {
    tags: Vec<FoundTag>,
    total_items: usize,
}

#[derive(Deserialize)]
struct FoundTag {
    name: String,
}

#[derive(Deserialize)]
struct Account {
    account_name: Option<String>,
}

/// The account of a token, or the error for an invalid token: Mailchimp returns both with status 200.
#[derive(Deserialize)]
struct Metadata {
    dc: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Finds the data center of the account that a new `access_token` belongs to.
///
/// <https://mailchimp.com/developer/marketing/guides/access-user-data-oauth-2/>
pub async fn locate(http: &AppHttp, access: &Access<'_>) -> Result<String, Failure> {
    let origin = http.origin("https://login.mailchimp.com").map_err(|_| not_located())?;
    let token = access.credentials.get("access_token")?.expose_secret();
    let request = http
        .request(Method::GET, origin.url(["oauth2", "metadata"])?)
        .header(header::AUTHORIZATION, format!("OAuth {token}"));
    let answer = http.send(request).await?;
    if !answer.status.is_success() {
        return Err(error::failure(&answer, access.now));
    }
    let metadata: Metadata = answer.json()?;
    if let Some(error) = metadata.error {
        let said = Said::new(&answer, &metadata.error_description.unwrap_or(error));
        return Err(said.reconnect("Mailchimp rejected the login", "Connect the account again.").into());
    }
    Ok(metadata.dc.filter(|center| is_data_center(center)).ok_or_else(not_located)?)
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
    /// A client for the account that an OAuth token or an API key belongs to. The key's last part names the data
    /// center; for a token, the data center was stored when the account was connected.
    ///
    /// <https://mailchimp.com/developer/marketing/docs/fundamentals/#the-api-structure>
    ///
    /// # Errors
    /// The credential or the data center is absent.
    pub fn new(http: &'a AppHttp, access: Access<'a>) -> Result<Self, Failure> {
        let Access { credentials, now } = access;
        let (auth, center) = if let Ok(token) = credentials.get("access_token") {
            let center = credentials.get("dc")?.expose_secret();
            (
                Auth::Token(token),
                Some(center).filter(|center| is_data_center(center)).ok_or_else(not_located)?,
            )
        } else {
            let key = credentials.get("api_key")?;
            (Auth::Key(key), data_center(key.expose_secret()).ok_or_else(no_data_center)?)
        };
        let origin = http.origin(&format!("https://{center}.api.mailchimp.com"));
        Ok(Self { http, origin: origin.map_err(|_| no_data_center())?, auth, now })
    }

    /// The account's name.
    ///
    /// <https://mailchimp.com/developer/marketing/api/root/list-api-root-resources/>
    pub async fn account_name(&self) -> Result<Option<String>, Failure> {
        let request = self.request(Method::GET, &[])?.query(&[("fields", "account_name")]);
        let account: Account = self.send(request).await?.json()?;
        Ok(account.account_name.filter(|name| !name.trim().is_empty()))
    }

    /// The account's audiences from `offset` on.
    ///
    /// <https://mailchimp.com/developer/marketing/api/lists/get-lists-info/>
    pub async fn audiences(&self, offset: usize) -> Result<Page<Audience>, Failure> {
        let request = self.page(&["lists"], offset, "lists.id,lists.name,total_items")?;
        let Audiences { lists, total_items } = self.send(request).await?.json()?;
        Ok(Page { items: lists, total: total_items })
    }

    /// The names of an audience's tags from `offset` on. The vendor's document omits `count` and `offset`, but the API
    /// accepts them here too, and returns ten tags without them:
    /// <https://github.com/mailchimp/mailchimp-client-lib-codegen/pull/314>.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-tags/search-for-tags-on-a-list-by-name/>
    pub async fn tags(&self, list: &str, offset: usize) -> Result<Page<String>, Failure> {
        let request = self.request(Method::GET, &["lists", list, "tag-search"])?;
        let answer = self.send(request.query(&[("count", PAGE), ("offset", offset)])).await?;
        let FoundTags { tags, total_items } = answer.json()?;
        Ok(Page { items: tags.into_iter().map(|tag| tag.name).collect(), total: total_items })
    }

    /// An audience's fields from `offset` on, except the e-mail address.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-merges/list-merge-fields/>
    pub async fn merge_fields(&self, list: &str, offset: usize) -> Result<Page<MergeField>, Failure> {
        let fields = "merge_fields.tag,merge_fields.name,merge_fields.type,total_items";
        let request = self.page(&["lists", list, "merge-fields"], offset, fields)?;
        let MergeFields { merge_fields, total_items } = self.send(request).await?.json()?;
        Ok(Page { items: merge_fields, total: total_items })
    }

    /// Adds a member, or updates the member with that address but not their status. Skips the check for merge fields
    /// that the audience requires, so that an unknown value does not lose the merchant a buyer.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-members/add-or-update-list-member/>
    pub async fn upsert(&self, list: &str, member: &Upsert<'_>) -> Result<Member, Failure> {
        let request = self
            .request(Method::PUT, &["lists", list, "members", &hash(member.email())])?
            .query(&[("skip_merge_validation", "true")])
            .json(member);
        Ok(self.send(request).await?.json()?)
    }

    /// Changes a member's status.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-members/update-list-member/>
    pub async fn set_status(&self, list: &str, email: &str, status: Status) -> Result<Member, Failure> {
        let request = self
            .request(Method::PATCH, &["lists", list, "members", &hash(email)])?
            .query(&[("skip_merge_validation", "true")])
            .json(&NewStatus { status });
        Ok(self.send(request).await?.json()?)
    }

    /// Reads a member.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-members/get-member-info/>
    pub async fn member(&self, list: &str, email: &str) -> Result<Member, Failure> {
        let request = self
            .request(Method::GET, &["lists", list, "members", &hash(email)])?
            .query(&[("fields", "status")]);
        Ok(self.send(request).await?.json()?)
    }

    /// Archives a member. 404 or 405: the member does not exist or is already archived.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-members/archive-list-member/>
    pub async fn archive(&self, list: &str, email: &str) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, &["lists", list, "members", &hash(email)])?;
        Ok(self.send(request).await?.acknowledged()?)
    }

    /// Adds a tag to a member, or removes it. `is_syncing` is not sent: it would prevent the merchant's automations
    /// from starting.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-member-tags/add-or-remove-member-tags/>
    pub async fn tag(&self, list: &str, email: &str, tag: &Tag<'_>) -> Result<(), Failure> {
        let request = self.request(Method::POST, &["lists", list, "members", &hash(email), "tags"])?;
        Ok(self.send(request.json(&Tags { tags: [tag] })).await?.acknowledged()?)
    }

    /// The names of a member's tags from `offset` on.
    ///
    /// <https://mailchimp.com/developer/marketing/api/list-member-tags/list-member-tags/>
    pub async fn member_tags(&self, list: &str, email: &str, offset: usize) -> Result<Page<String>, Failure> {
        let path = ["lists", list, "members", &hash(email), "tags"];
        let answer = self.send(self.page(&path, offset, "tags.name,total_items")?).await?;
        let FoundTags { tags, total_items } = answer.json()?;
        Ok(Page { items: tags.into_iter().map(|tag| tag.name).collect(), total: total_items })
    }

    /// Checks that the list exists: [`Case::NotFound`](error::Case::NotFound) if not.
    ///
    /// <https://mailchimp.com/developer/marketing/api/lists/get-list-info/>
    pub async fn list(&self, list: &str) -> Result<(), Failure> {
        let request = self.request(Method::GET, &["lists", list])?.query(&[("fields", "id")]);
        Ok(self.send(request).await?.json::<Audience>().map(drop)?)
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Failure> {
        let mut url = self.origin.url(["3.0"].into_iter().chain(path.iter().copied()))?;
        if path.is_empty() {
            // The root is the only path that ends in a slash.
            url.set_path(&format!("{}/", url.path()));
        }
        let request = self.http.request(method, url);
        Ok(match self.auth {
            Auth::Token(token) => request.bearer_auth(token.expose_secret()),
            // Mailchimp accepts any user name.
            Auth::Key(key) => request.basic_auth("integration-engine", Some(key.expose_secret().trim())),
        })
    }

    /// <https://mailchimp.com/developer/marketing/docs/methods-parameters/#pagination>
    fn page(&self, path: &[&str], offset: usize, fields: &str) -> Result<RequestBuilder, Failure> {
        let request = self.request(Method::GET, path)?;
        Ok(request.query(&[("count", PAGE), ("offset", offset)]).query(&[("fields", fields)]))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let answer = self.http.send(request).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(error::failure(&answer, self.now)) }
    }
}

fn no_data_center() -> Setback {
    Setback::reconnect(
        "The API key is incomplete: it does not end in a data center, such as -us6.",
        "Copy the whole key from Mailchimp and connect again.",
    )
}

fn not_located() -> Setback {
    Setback::reconnect(
        "Mailchimp did not return which of its data centers the account is in.",
        "Connect the account again.",
    )
}

/// The part of the key after the last `-`.
fn data_center(key: &str) -> Option<&str> {
    key.trim().rsplit_once('-').map(|(_, center)| center).filter(|center| is_data_center(center))
}

/// Whether the text has the form of a data center, because it becomes part of a host name.
fn is_data_center(text: &str) -> bool {
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
    (2..=4).contains(&letters.len())
        && letters.bytes().all(|byte| byte.is_ascii_lowercase())
        && (1..=3).contains(&(text.len() - letters.len()))
}

/// The id of a member in Mailchimp's paths: MD5 of the address in lower case, as hex.
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
