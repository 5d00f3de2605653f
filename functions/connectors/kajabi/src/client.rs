//! The calls of Kajabi's public API that the actions need.
//! <https://developers.kajabi.com>

use std::fmt;

use connector::call::Access;
use connector::failure::{LeftOut, gone};
use connector::http::{Answer, AppHttp, Method, Origin, RequestBuilder, StatusCode, header};
use connector::person::{full_name, same_address};
use domain::app::App;
use domain::job::Contact;
use domain::options::{MOST, OptionItem};
use domain::outcome::{Fix, Setback};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{self, Case, Failure, missing};
use crate::token::{Lent, Pair, Token, Tokens, lend};

/// The media type of JSON:API, in requests and responses.
const MEDIA_TYPE: &str = "application/vnd.api+json";
/// The page size. Kajabi documents no maximum; large pages have failed.
const PAGE: usize = 50;
/// The maximum number of pages of contacts that are searched for an address.
const SEARCH_PAGES: usize = 10;

/// Calls one account. All calls here can be repeated without harm.
pub struct Client<'a> {
    http: &'a AppHttp,
    api: &'a Origin,
    id: &'a SecretString,
    secret: &'a SecretString,
    tokens: &'a Tokens,
    pair: Pair,
    now: Timestamp,
}

/// A site of the account. Each contact and each offer belongs to one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: Option<String>,
}

#[derive(Deserialize)]
struct Page<A> {
    data: Vec<Resource<A>>,
    #[serde(default)]
    links: Links,
}

#[derive(Deserialize, Default)]
struct Links {
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Resource<A> {
    id: String,
    attributes: A,
}

#[derive(Deserialize)]
struct Titles {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    internal_title: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    #[serde(default)]
    email: Option<String>,
}

#[derive(Deserialize)]
struct One<T> {
    data: T,
}

#[derive(Deserialize)]
struct Identifier {
    id: String,
}

#[derive(Deserialize)]
struct OfDetails {
    #[serde(default)]
    relationships: Option<OfRelationships>,
}

#[derive(Deserialize)]
struct OfRelationships {
    #[serde(default)]
    site: Option<One<Option<Identifier>>>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    #[serde(default)]
    expires_in: i64,
}

impl<'a> Client<'a> {
    /// A client for the account that the API key belongs to.
    ///
    /// # Errors
    /// A credential is absent.
    pub(crate) fn new(
        http: &'a AppHttp,
        api: &'a Origin,
        tokens: &'a Tokens,
        access: &Access<'a>,
    ) -> Result<Self, Failure> {
        let (id, secret) = (access.credentials.get("client_id")?, access.credentials.get("client_secret")?);
        Ok(Self { http, api, id, secret, tokens, pair: Pair::of(id, secret), now: access.now })
    }

    /// The sites that the key's user has access to.
    ///
    /// <https://developers.kajabi.com/api-reference/sites/list-sites>
    pub async fn sites(&self) -> Result<Vec<Site>, Failure> {
        let sites = self.all("sites", "title").await?;
        Ok(sites.into_iter().map(|site| Site { id: site.id, title: site.attributes.title }).collect())
    }

    /// All offers that can be granted.
    ///
    /// <https://developers.kajabi.com/api-reference/offers/list-offers>
    pub async fn offers(&self) -> Result<Vec<OptionItem>, Failure> {
        Ok(self.all("offers", "title,internal_title").await?.into_iter().map(option).collect())
    }

    /// The site of an offer, in which contacts are searched and created.
    ///
    /// <https://developers.kajabi.com/api-reference/offers/offer-details>
    ///
    /// # Errors
    /// The offer does not exist, or its site cannot be determined from the offer or the account.
    pub async fn site_of(&self, offer: &str) -> Result<String, Failure> {
        let answer = match self.send(self.request(Method::GET, &["offers", offer])?).await {
            Err(failure) if failure.is(&Case::NotFound) => return Err(gone(App::KAJABI, "offer").into()),
            // Either the key may not read any offer, and the next call is rejected as well, or the offer belongs to
            // another account.
            Err(failure) if failure.is(&Case::Forbidden) => {
                self.page::<Titles>("offers", &[], 1, 1).await?;
                return Err(gone(App::KAJABI, "offer").into());
            }
            answer => answer?,
        };
        let details: One<OfDetails> = answer.json()?;
        let site = details.data.relationships.and_then(|relationships| relationships.site?.data);
        if let Some(Identifier { id }) = site {
            return Ok(id);
        }
        let mut sites = self.sites().await?;
        sites.pop().filter(|_| sites.is_empty()).map(|only| only.id).ok_or_else(|| {
            let message = "Kajabi did not return which of the account's sites the offer belongs to.";
            let hint = "Connect with the API key of a user who has access to that site only.";
            Setback::rejected(Fix::Account, message, hint).into()
        })
    }

    /// The contact with exactly this address, if it exists. The search that the API's documents show is fuzzy. If it
    /// finds no such contact, a second search covers addresses that contain this one, because an overlooked contact
    /// would keep access to what they returned.
    ///
    /// <https://developers.kajabi.com/api-reference/contacts/list-contacts>
    pub async fn contact(&self, site: &str, email: &str) -> Result<Option<String>, Failure> {
        for filter in ["filter[search]", "filter[email_contains]"] {
            let found =
                self.searched(site, filter, email.trim()).await.map_err(missing("the offer's site"))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    async fn searched(&self, site: &str, filter: &str, email: &str) -> Result<Option<String>, Failure> {
        for number in 1..=SEARCH_PAGES {
            let query = [("filter[site_id]", site), (filter, email), ("fields[contacts]", "email")];
            let page: Page<Address> = self.page("contacts", &query, number, PAGE).await?;
            let last = page.data.is_empty() || page.links.next.is_none();
            let is_wanted =
                |address: &Address| address.email.as_deref().is_some_and(|own| same_address(own, email));
            if let Some(found) = page.data.into_iter().find(|contact| is_wanted(&contact.attributes)) {
                return Ok(Some(found.id));
            }
            if last {
                break;
            }
        }
        Ok(None)
    }

    /// Creates a contact, without the fields in `left_out`. [`Case::Unprocessable`]: a contact with this address
    /// exists, or Kajabi rejects the contact.
    ///
    /// <https://developers.kajabi.com/api-reference/contacts/create-a-contact>
    pub async fn create(&self, site: &str, contact: &Contact, left_out: &LeftOut) -> Result<String, Failure> {
        let mut attributes = json!({ "email": contact.email.trim() });
        if let Some(name) = left_out.keep("name", full_name(contact)) {
            attributes["name"] = name.into();
        }
        let site = json!({ "data": { "type": "sites", "id": site } });
        let body = json!({
            "data": { "type": "contacts", "attributes": attributes, "relationships": { "site": site } },
        });
        let request = document(self.request(Method::POST, &["contacts"])?, &body);
        let created: One<Identifier> =
            self.send(request).await.map_err(missing("the offer's site"))?.json()?;
        Ok(created.data.id)
    }

    /// Grants an offer. It can be granted again: Kajabi checks whether the contact already has it.
    ///
    /// <https://developers.kajabi.com/api-reference/contacts/grant-offer-to-contact>
    pub async fn grant(&self, contact: &str, offer: &str, welcome: bool) -> Result<(), Failure> {
        let mut body = linkage(offer);
        body["meta"] = json!({ "send_customer_welcome_email": welcome });
        self.relate(Method::POST, contact, &body).await
    }

    /// Revokes an offer, granted or bought. PATCH is not used, because it replaces all of the contact's offers.
    ///
    /// <https://developers.kajabi.com/api-reference/contacts/revoke-offer-from-contact>
    pub async fn revoke(&self, contact: &str, offer: &str) -> Result<(), Failure> {
        self.relate(Method::DELETE, contact, &linkage(offer)).await
    }

    async fn relate(&self, method: Method, contact: &str, body: &Value) -> Result<(), Failure> {
        let request = self.request(method, &["contacts", contact, "relationships", "offers"])?;
        let answer = self.send(document(request, body)).await.map_err(missing("the contact or the offer"))?;
        Ok(answer.acknowledged()?)
    }

    /// All pages of a list, up to the number of entries that are stored.
    async fn all(&self, list: &str, fields: &str) -> Result<Vec<Resource<Titles>>, Failure> {
        let mut all = Vec::new();
        for number in 1.. {
            let page = self.page(list, &[(&format!("fields[{list}]"), fields)], number, PAGE).await?;
            let is_last = page.data.is_empty() || page.links.next.is_none();
            all.extend(page.data);
            if is_last || all.len() > MOST {
                break;
            }
        }
        Ok(all)
    }

    async fn page<A: DeserializeOwned>(
        &self,
        what: &str,
        query: &[(&str, &str)],
        number: usize,
        size: usize,
    ) -> Result<Page<A>, Failure> {
        let request = self
            .request(Method::GET, &[what])?
            .query(query)
            .query(&[("page[number]", number), ("page[size]", size)]);
        Ok(self.send(request).await?.json()?)
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Failure> {
        let url = self.api.url(["v1"].into_iter().chain(path.iter().copied()))?;
        Ok(self.http.request(method, url).header(header::ACCEPT, MEDIA_TYPE))
    }

    /// Sends with an access token. If Kajabi rejects a cached token, a new one is requested and the call is repeated
    /// once: the rejected call had no effect.
    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let (again, lent) = (request.try_clone(), self.token(None).await?);
        let mut answer = self.http.send(request.bearer_auth(lent.access.expose_secret())).await?;
        if let Some(again) = again.filter(|_| answer.status == StatusCode::UNAUTHORIZED && !lent.is_new) {
            let lent = self.token(Some(&lent.access)).await?;
            answer = self.http.send(again.bearer_auth(lent.access.expose_secret())).await?;
        }
        if answer.status.is_success() { Ok(answer) } else { Err(error::failure(&answer, self.now)) }
    }

    async fn token(&self, refused: Option<&SecretString>) -> Result<Lent, Failure> {
        lend(self.tokens, self.pair, refused, self.now, self.ask()).await
    }

    /// Requests an access token. Its refresh token is not used, because another request has the same result.
    ///
    /// <https://developers.kajabi.com/api-reference/authentication/get-access-token>
    async fn ask(&self) -> Result<Token, Failure> {
        let url = self.api.url(["v1", "oauth", "token"])?;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.id.expose_secret().trim()),
            ("client_secret", self.secret.expose_secret().trim()),
        ];
        let request = self.http.request(Method::POST, url).header(header::ACCEPT, "application/json");
        let answer = self.http.send(request.form(&form)).await?;
        if !answer.status.is_success() {
            return Err(error::token_failure(&answer, self.now));
        }
        let granted: Granted = answer.json()?;
        Ok(Token::new(granted.access_token, granted.expires_in, self.now))
    }
}

impl fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("api", &self.api).finish_non_exhaustive()
    }
}

/// The request with a body, with the media type that Kajabi requires.
fn document(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header(header::CONTENT_TYPE, MEDIA_TYPE).json(body)
}

fn linkage(offer: &str) -> Value {
    json!({ "data": [{ "type": "offers", "id": offer }] })
}

/// Offers may share a public title; the internal title, which customers do not see, distinguishes them.
fn option(offer: Resource<Titles>) -> OptionItem {
    let text = |title: Option<String>| title.filter(|title| !title.trim().is_empty());
    let (title, internal) = (text(offer.attributes.title), text(offer.attributes.internal_title));
    let label = match (title, internal) {
        (Some(title), Some(internal)) if title != internal => format!("{title} ({internal})"),
        (Some(title), _) => title,
        (None, Some(internal)) => internal,
        (None, None) => format!("Offer {}", offer.id),
    };
    OptionItem::new(offer.id, label)
}
