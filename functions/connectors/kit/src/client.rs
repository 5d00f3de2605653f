//! The calls of Kit's API that the actions need, in the generation of the account's credential.

pub mod v3;
pub mod v4;

use connector::call::Access;
use connector::http::{AppHttp, HttpSetupError, Origin};
use domain::outcome::Setback;
use serde::Deserialize;

use crate::error::Failure;
use crate::purchase::Purchase;
use crate::subscriber::Subscriber;

/// The message for an existing tag that Kit does not add to the contact.
pub const UNKNOWN: &str = "The tag exists in Kit, but the subscriber does not exist yet.";

/// Calls one account. All calls here can be repeated without harm.
#[derive(Debug)]
pub enum Client<'a> {
    /// With an API secret.
    V3(v3::Client<'a>),
    /// With an OAuth token or a V4 API key.
    V4(v4::Client<'a>),
}

/// A tag or a form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// Its id in Kit.
    pub id: u64,
    /// Its name, from the merchant.
    pub name: String,
}

/// A subscriber's state, as Kit returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Receives e-mail.
    Active,
    /// Has not confirmed the subscription.
    Inactive,
    /// Unsubscribed.
    Cancelled,
    /// E-mail to the subscriber bounces.
    Bounced,
    /// Marked an e-mail as spam.
    Complained,
    /// Absent, or a state that this version does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

/// The result of tagging a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tagged {
    /// The contact has the tag; V3 does not return whether it is new.
    Done,
    /// The contact already had the tag.
    Before,
}

/// The origins of both generations.
#[derive(Debug, Clone)]
pub struct Api {
    http: AppHttp,
    v3: Origin,
    v4: Origin,
}

impl Api {
    /// The API at Kit's own origins.
    ///
    /// # Errors
    /// An origin is invalid, which cannot happen for the constants.
    pub fn new(http: AppHttp) -> Result<Self, HttpSetupError> {
        let (v3, v4) = (http.origin("https://api.convertkit.com")?, http.origin("https://api.kit.com")?);
        Ok(Self { http, v3, v4 })
    }

    /// Opens a connection to the API of the present generation.
    pub async fn warm(&self) {
        self.http.warm(&self.v4).await;
    }
}

impl<'a> Client<'a> {
    /// A client for the account of the credentials. The credential that is present determines the generation.
    ///
    /// # Errors
    /// No credential is present.
    pub fn new(api: &'a Api, access: &Access<'a>) -> Result<Self, Failure> {
        let Access { credentials, now } = *access;
        let v4 = |auth| Self::V4(v4::Client::new(&api.http, &api.v4, auth, now));
        if let Ok(token) = credentials.get("access_token") {
            return Ok(v4(v4::Auth::Token(token)));
        }
        if let Ok(key) = credentials.get("api_key") {
            return Ok(v4(v4::Auth::Key(key)));
        }
        let secret = credentials.get("api_secret")?;
        Ok(Self::V3(v3::Client::new(&api.http, &api.v3, secret, now)))
    }

    /// The account's name.
    pub async fn account(&self) -> Result<Option<String>, Failure> {
        match self {
            Self::V3(client) => client.account().await,
            Self::V4(client) => client.account().await,
        }
    }

    /// The account's tags.
    pub async fn tags(&self) -> Result<Vec<Entry>, Failure> {
        match self {
            Self::V3(client) => client.tags().await,
            Self::V4(client) => client.tags().await,
        }
    }

    /// The account's forms and landing pages.
    pub async fn forms(&self) -> Result<Vec<Entry>, Failure> {
        match self {
            Self::V3(client) => client.forms().await,
            Self::V4(client) => client.forms().await,
        }
    }

    /// Creates a tag. For an existing name, V4 returns that tag and V3 an error.
    pub async fn create_tag(&self, name: &str) -> Result<Entry, Failure> {
        match self {
            Self::V3(client) => client.create_tag(name).await,
            Self::V4(client) => client.create_tag(name).await,
        }
    }

    /// Tags a contact and returns the subscriber's state. If the contact is not a subscriber, V3 adds them and V4
    /// returns [`Case::NotFound`](crate::error::Case::NotFound).
    pub async fn tag(&self, tag: u64, subscriber: &Subscriber<'_>) -> Result<(Tagged, State), Failure> {
        match self {
            Self::V3(client) => client.tag(tag, subscriber).await.map(|()| (Tagged::Done, State::Unknown)),
            Self::V4(client) => client.tag(tag, subscriber.email).await,
        }
    }

    /// Adds a subscriber. V3 has no separate call for this: its call that tags adds the subscriber.
    pub async fn subscribe(&self, subscriber: &Subscriber<'_>) -> Result<(), Failure> {
        match self {
            Self::V3(_) => Err(Setback::precondition_missing(UNKNOWN).into()),
            Self::V4(client) => client.subscribe(subscriber).await,
        }
    }

    /// Removes a tag from a contact. [`Case::NotFound`](crate::error::Case::NotFound): the tag or the subscriber does
    /// not exist.
    pub async fn untag(&self, tag: u64, subscriber: &Subscriber<'_>) -> Result<(), Failure> {
        match self {
            Self::V3(client) => client.untag(tag, subscriber.email).await,
            Self::V4(client) => client.untag(tag, subscriber.email).await,
        }
    }

    /// Whether a contact has a tag. A contact who is not a subscriber has none.
    pub async fn has_tag(&self, tag: u64, email: &str) -> Result<bool, Failure> {
        let tags = match self {
            Self::V3(client) => client.tags_of(email).await?,
            Self::V4(client) => client.tags_of(email).await?,
        };
        Ok(tags.iter().any(|entry| entry.id == tag))
    }

    /// Records a purchase.
    pub async fn purchase(&self, purchase: &Purchase<'_>) -> Result<(), Failure> {
        match self {
            Self::V3(client) => client.purchase(purchase).await,
            Self::V4(client) => client.purchase(purchase).await,
        }
    }
}
