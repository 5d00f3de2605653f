//! V3, with an API secret: <https://developers.kit.com/api-reference/v3/overview>. Kit calls it deprecated and gives no
//! end date.

use connector::http::{Answer, AppHttp, Method, Origin, RequestBuilder};
use connector::person::same_address;
use domain::outcome::Setback;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::error::{self, AuthKind, Case, Failure};
use crate::purchase::{Purchase, Record};
use crate::subscriber::Subscriber;

/// Calls one account. The secret is in the query of a GET and in the body of a POST.
#[derive(Debug)]
pub struct Client<'a> {
    http: &'a AppHttp,
    origin: &'a Origin,
    secret: &'a SecretString,
    now: Timestamp,
}

#[derive(Deserialize)]
struct Account {
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Tags {
    tags: Vec<Entry>,
}

#[derive(Deserialize)]
struct Forms {
    forms: Vec<Entry>,
}

#[derive(Deserialize)]
struct Found {
    subscribers: Vec<Address>,
}

#[derive(Deserialize)]
struct Address {
    id: u64,
    #[serde(default)]
    email_address: Option<String>,
}

#[derive(Serialize)]
struct NewTag<'a> {
    api_secret: &'a str,
    tag: Name<'a>,
}

#[derive(Serialize)]
struct Name<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Subscription<'a> {
    api_secret: &'a str,
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
}

#[derive(Serialize)]
struct NewPurchase<'a> {
    api_secret: &'a str,
    purchase: Record<'a, f64>,
}

impl<'a> Client<'a> {
    /// A client for the account that the secret belongs to.
    pub(super) fn new(
        http: &'a AppHttp,
        origin: &'a Origin,
        secret: &'a SecretString,
        now: Timestamp,
    ) -> Self {
        Self { http, origin, secret, now }
    }

    /// The account's name. If Kit rejects the secret, checks whether it is another of Kit's credentials.
    ///
    /// <https://developers.kit.com/api-reference/v3/account>
    pub(super) async fn account(&self) -> Result<Option<String>, Failure> {
        match self.get(&["account"], &[]).await {
            Ok(answer) => Ok(answer.json::<Account>()?.name),
            // Kit returns the same error for its API Key, which only the calls meant for visitors' browsers accept.
            Err(failure) if failure.is(&Case::NoSecret) && self.opens_as_key().await => {
                Err(Setback::reconnect(
                    "This is the API Key of the Kit account, not its API Secret.",
                    "In Kit, open Settings > Developer, choose Show under API Secret and copy it.",
                )
                .into())
            }
            Err(failure) => Err(failure),
        }
    }

    /// All tags. V3 does not paginate them.
    ///
    /// <https://developers.kit.com/api-reference/v3/tags>
    pub(super) async fn tags(&self) -> Result<Vec<Entry>, Failure> {
        Ok(self.get(&["tags"], &[]).await?.json::<Tags>()?.tags)
    }

    /// All forms and landing pages. V3 does not paginate them.
    ///
    /// <https://developers.kit.com/api-reference/v3/forms>
    pub(super) async fn forms(&self) -> Result<Vec<Entry>, Failure> {
        Ok(self.get(&["forms"], &[]).await?.json::<Forms>()?.forms)
    }

    /// Creates a tag. Kit rejects an existing name.
    ///
    /// <https://developers.kit.com/api-reference/v3/tags>
    pub(super) async fn create_tag(&self, name: &str) -> Result<Entry, Failure> {
        let body = NewTag { api_secret: self.secret(), tag: Name { name } };
        Ok(self.post(&["tags"], &body).await?.json()?)
    }

    /// Tags a contact. A contact who is not a subscriber is added as one.
    ///
    /// <https://developers.kit.com/api-reference/v3/tags>
    pub(super) async fn tag(&self, tag: u64, subscriber: &Subscriber<'_>) -> Result<(), Failure> {
        let Subscriber { email, first_name } = self.unnamed(*subscriber).await?;
        let body = Subscription { api_secret: self.secret(), email, first_name };
        Ok(self.post(&["tags", &tag.to_string(), "subscribe"], &body).await?.acknowledged()?)
    }

    /// Removes a tag from a subscriber.
    ///
    /// <https://developers.kit.com/api-reference/v3/tags>
    pub(super) async fn untag(&self, tag: u64, email: &str) -> Result<(), Failure> {
        let body = Subscription { api_secret: self.secret(), email, first_name: None };
        Ok(self.post(&["tags", &tag.to_string(), "unsubscribe"], &body).await?.acknowledged()?)
    }

    /// Records a purchase.
    ///
    /// <https://developers.kit.com/api-reference/v3/purchases>
    pub(super) async fn purchase(&self, purchase: &Purchase<'_>) -> Result<(), Failure> {
        let buyer = self.unnamed(purchase.buyer).await?;
        let body = NewPurchase { api_secret: self.secret(), purchase: purchase.v3(buyer) };
        Ok(self.post(&["purchases"], &body).await?.acknowledged()?)
    }

    fn secret(&self) -> &str {
        self.secret.expose_secret().trim()
    }

    /// The tags of a subscriber, whichever state they are in.
    ///
    /// <https://developers.kit.com/api-reference/v3/subscribers>
    pub(super) async fn tags_of(&self, email: &str) -> Result<Vec<Entry>, Failure> {
        let Some(id) = self.find(email).await? else { return Ok(Vec::new()) };
        let answer = self.get(&["subscribers", &id.to_string(), "tags"], &[]).await?;
        Ok(answer.json::<Tags>()?.tags)
    }

    /// The contact without their first name if they are already a subscriber, because Kit would rename them.
    async fn unnamed<'s>(&self, subscriber: Subscriber<'s>) -> Result<Subscriber<'s>, Failure> {
        let Subscriber { email, first_name: Some(_) } = subscriber else { return Ok(subscriber) };
        let is_known = self.find(email).await?.is_some();
        Ok(if is_known { Subscriber { email, first_name: None } } else { subscriber })
    }

    /// The id of a subscriber. One list has the subscribers who receive e-mail, another the unsubscribed ones.
    ///
    /// <https://developers.kit.com/api-reference/v3/subscribers>
    async fn find(&self, email: &str) -> Result<Option<u64>, Failure> {
        let is_theirs =
            |found: &Address| found.email_address.as_deref().is_some_and(|own| same_address(own, email));
        for list in [&[][..], &[("sort_field", "cancelled_at")]] {
            let query = [&[("email_address", email)], list].concat();
            let found: Found = self.get(&["subscribers"], &query).await?.json()?;
            if let Some(found) = found.subscribers.into_iter().find(is_theirs) {
                return Ok(Some(found.id));
            }
        }
        Ok(None)
    }

    /// Whether the text given as the API secret is V3's API key.
    async fn opens_as_key(&self) -> bool {
        let Ok(url) = self.origin.url(["v3", "forms"]) else { return false };
        let request = self.http.request(Method::GET, url).query(&[("api_key", self.secret())]);
        self.send(request).await.is_ok_and(|answer| answer.json::<Forms>().is_ok())
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, Failure> {
        let url = self.origin.url(["v3"].into_iter().chain(path.iter().copied()))?;
        let request = self.http.request(Method::GET, url).query(&[("api_secret", self.secret())]);
        self.send(request.query(query)).await
    }

    async fn post(&self, path: &[&str], body: &impl Serialize) -> Result<Answer, Failure> {
        let url = self.origin.url(["v3"].into_iter().chain(path.iter().copied()))?;
        self.send(self.http.request(Method::POST, url).json(body)).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let answer = self.http.send(request).await?;
        let is_success = answer.status.is_success();
        if is_success {
            Ok(answer)
        } else {
            Err(error::failure(&answer, AuthKind::Secret, self.secret(), self.now))
        }
    }
}
