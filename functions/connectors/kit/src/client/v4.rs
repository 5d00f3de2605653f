//! V4, with an OAuth token or an API key: <https://developers.kit.com/api-reference/overview>

use connector::http::{Answer, AppHttp, Method, Origin, RequestBuilder, StatusCode};
use connector::person::same_address;
use domain::options::MOST;
use domain::outcome::{Fix, Setback};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{Entry, State, Tagged};
use crate::error::{self, AuthKind, Failure};
use crate::purchase::{Purchase, Record};
use crate::subscriber::Subscriber;

/// The maximum page size in Kit.
const PER_PAGE: &str = "1000";

/// The credential of a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Auth<'a> {
    /// An OAuth access token.
    Token(&'a SecretString),
    /// An API key.
    Key(&'a SecretString),
}

/// Calls one account.
#[derive(Debug)]
pub struct Client<'a> {
    http: &'a AppHttp,
    origin: &'a Origin,
    auth: Auth<'a>,
    now: Timestamp,
}

#[derive(Deserialize)]
struct Me {
    account: Account,
}

#[derive(Deserialize)]
struct Account {
    #[serde(default)]
    name: Option<String>,
}

/// A page of a list. Only the requested list's field is present.
#[derive(Deserialize)]
struct Page {
    #[serde(default, alias = "forms")]
    tags: Vec<Entry>,
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Pagination {
    has_next_page: bool,
    #[serde(default)]
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    subscribers: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    id: u64,
    email_address: String,
}

#[derive(Serialize)]
struct NewTag<'a> {
    name: &'a str,
}

#[derive(Deserialize)]
struct Created {
    tag: Entry,
}

#[derive(Serialize)]
struct Address<'a> {
    email_address: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
}

#[derive(Deserialize)]
struct Subscribed {
    subscriber: Standing,
}

#[derive(Deserialize)]
struct Standing {
    #[serde(default)]
    state: State,
}

#[derive(Serialize)]
struct NewPurchase<'a> {
    purchase: Record<'a, u64>,
}

impl<'a> Client<'a> {
    /// A client for the account that the token or key belongs to.
    pub(super) fn new(http: &'a AppHttp, origin: &'a Origin, auth: Auth<'a>, now: Timestamp) -> Self {
        Self { http, origin, auth, now }
    }

    /// The account's name.
    ///
    /// <https://developers.kit.com/api-reference/accounts/get-current-account>
    pub(super) async fn account(&self) -> Result<Option<String>, Failure> {
        let request = self.request(Method::GET, &["account"])?;
        Ok(self.send(request).await?.json::<Me>()?.account.name)
    }

    /// All tags.
    ///
    /// <https://developers.kit.com/api-reference/tags/list-tags>
    pub(super) async fn tags(&self) -> Result<Vec<Entry>, Failure> {
        self.pages(&["tags"]).await
    }

    /// All forms and landing pages that are in use.
    ///
    /// <https://developers.kit.com/api-reference/forms/list-forms>
    pub(super) async fn forms(&self) -> Result<Vec<Entry>, Failure> {
        self.pages(&["forms"]).await
    }

    /// Creates a tag, or returns the existing tag with this name.
    ///
    /// <https://developers.kit.com/api-reference/tags/create-a-tag>
    pub(super) async fn create_tag(&self, name: &str) -> Result<Entry, Failure> {
        let request = self.request(Method::POST, &["tags"])?.json(&NewTag { name });
        Ok(self.send(request).await?.json::<Created>()?.tag)
    }

    /// Tags a subscriber.
    ///
    /// <https://developers.kit.com/api-reference/tags/tag-a-subscriber-by-email-address>
    pub(super) async fn tag(&self, tag: u64, email: &str) -> Result<(Tagged, State), Failure> {
        let answer = self.send(self.tagged(Method::POST, tag, email)?).await?;
        let tagged = if answer.status == StatusCode::OK { Tagged::Before } else { Tagged::Done };
        Ok((tagged, answer.json::<Subscribed>()?.subscriber.state))
    }

    /// Adds a subscriber. Kit would rename an existing subscriber.
    ///
    /// <https://developers.kit.com/api-reference/subscribers/create-a-subscriber>
    pub(super) async fn subscribe(&self, subscriber: &Subscriber<'_>) -> Result<(), Failure> {
        let Subscriber { email, first_name } = *subscriber;
        let body = Address { email_address: email, first_name };
        self.send(self.request(Method::POST, &["subscribers"])?.json(&body)).await?.json::<Subscribed>()?;
        Ok(())
    }

    /// Removes a tag from a subscriber. The address is in the body of a DELETE, as in Kit's own clients. Kit documents
    /// 204, which has no body.
    ///
    /// <https://developers.kit.com/api-reference/tags/remove-tag-from-subscriber-by-email-address>
    pub(super) async fn untag(&self, tag: u64, email: &str) -> Result<(), Failure> {
        Ok(self.send(self.tagged(Method::DELETE, tag, email)?).await?.acknowledged()?)
    }

    /// The tags of a subscriber, whichever state they are in.
    ///
    /// <https://developers.kit.com/api-reference/subscribers/list-subscribers>,
    /// <https://developers.kit.com/api-reference/subscribers/list-tags-for-a-subscriber>
    pub(super) async fn tags_of(&self, email: &str) -> Result<Vec<Entry>, Failure> {
        let request = self.request(Method::GET, &["subscribers"])?;
        let request = request.query(&[("email_address", email), ("status", "all")]);
        let found: Found = self.send(request).await?.json()?;
        match found.subscribers.iter().find(|found| same_address(&found.email_address, email)) {
            Some(Known { id, .. }) => self.pages(&["subscribers", &id.to_string(), "tags"]).await,
            None => Ok(Vec::new()),
        }
    }

    /// Records a purchase. Kit accepts purchases with OAuth tokens only, so with a key no request is sent.
    ///
    /// <https://developers.kit.com/api-reference/purchases/create-a-purchase>
    pub(super) async fn purchase(&self, purchase: &Purchase<'_>) -> Result<(), Failure> {
        match self.auth {
            Auth::Key(_) => {
                return Err(Setback::rejected(
                    Fix::Account,
                    "Kit does not accept purchases with a V4 API Key.",
                    "Connect the account with your Kit login or with its API Secret, and edit the rule to use that connection.",
                )
                .into());
            }
            Auth::Token(_) => {}
        }
        let body = NewPurchase { purchase: purchase.v4() };
        Ok(self.send(self.request(Method::POST, &["purchases"])?.json(&body)).await?.acknowledged()?)
    }

    /// All pages of a list.
    ///
    /// <https://developers.kit.com/api-reference/pagination>
    async fn pages(&self, list: &[&str]) -> Result<Vec<Entry>, Failure> {
        let mut entries = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut request = self.request(Method::GET, list)?.query(&[("per_page", PER_PAGE)]);
            if let Some(cursor) = &after {
                request = request.query(&[("after", cursor)]);
            }
            let page: Page = self.send(request).await?.json()?;
            let was_empty = page.tags.is_empty();
            entries.extend(page.tags);
            match page.pagination {
                // An empty page that promises another page would never end.
                Pagination { has_next_page: true, end_cursor: Some(cursor) }
                    if !was_empty && entries.len() <= MOST =>
                {
                    after = Some(cursor);
                }
                Pagination { .. } => return Ok(entries),
            }
        }
    }

    fn tagged(&self, method: Method, tag: u64, email: &str) -> Result<RequestBuilder, Failure> {
        let request = self.request(method, &["tags", &tag.to_string(), "subscribers"])?;
        Ok(request.json(&Address { email_address: email, first_name: None }))
    }

    /// <https://developers.kit.com/api-reference/authentication>
    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Failure> {
        let url = self.origin.url(["v4"].into_iter().chain(path.iter().copied()))?;
        let request = self.http.request(method, url);
        Ok(match self.auth {
            Auth::Token(token) => request.bearer_auth(token.expose_secret().trim()),
            Auth::Key(key) => request.header("x-kit-api-key", key.expose_secret().trim()),
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let answer = self.http.send(request).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let (auth, credential) = match self.auth {
            Auth::Key(key) => (AuthKind::Key, key),
            Auth::Token(token) => (AuthKind::Token, token),
        };
        Err(error::failure(&answer, auth, credential.expose_secret().trim(), self.now))
    }
}
