//! The calls of Kit's API that the actions need, in whichever generation the account is connected by.

pub mod v3;
pub mod v4;

use connector::call::Access;
use connector::http::{AppHttp, HttpSetupError, Origin};
use domain::outcome::Setback;
use serde::Deserialize;

use crate::error::Failure;
use crate::purchase::Purchase;
use crate::subscriber::Subscriber;

/// What is said of a tag that exists, and that Kit does not put on the contact.
pub const UNKNOWN: &str = "Kit has the tag, and does not know the subscriber yet.";

/// Calls one account. Everything here can be repeated without harm.
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
    /// Kit's id of it.
    pub id: u64,
    /// What the merchant called it.
    pub name: String,
}

/// How a subscriber stands, in Kit's words, where it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Gets mail.
    Active,
    /// Has not confirmed.
    Inactive,
    /// Unsubscribed.
    Cancelled,
    /// Mail to them bounces.
    Bounced,
    /// Marked a mail as spam.
    Complained,
    /// Not said, or a word that Kit did not have when this was written.
    #[default]
    #[serde(other)]
    Unknown,
}

/// What became of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tagged {
    /// The contact has it; V3 does not say since when.
    Done,
    /// The contact had it before.
    Before,
}

/// Where the two generations are called.
#[derive(Debug, Clone)]
pub struct Api {
    http: AppHttp,
    v3: Origin,
    v4: Origin,
}

impl Api {
    /// At Kit's own addresses.
    ///
    /// # Errors
    /// An address is none, which no constant is.
    pub fn new(http: AppHttp) -> Result<Self, HttpSetupError> {
        let (v3, v4) = (http.origin("https://api.convertkit.com")?, http.origin("https://api.kit.com")?);
        Ok(Self { http, v3, v4 })
    }
}

impl<'a> Client<'a> {
    /// For the account that the credentials belong to. Which of them is there says how it was connected.
    ///
    /// # Errors
    /// None of them is there.
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

    /// What the account is called.
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

    /// Makes a tag. Where the name is taken, V4 answers with that tag and V3 refuses.
    pub async fn create_tag(&self, name: &str) -> Result<Entry, Failure> {
        match self {
            Self::V3(client) => client.create_tag(name).await,
            Self::V4(client) => client.create_tag(name).await,
        }
    }

    /// Tags a contact, and says how they stand. V3 adds whoever is no subscriber; V4 answers
    /// [`Case::NotFound`](crate::error::Case::NotFound).
    pub async fn tag(&self, tag: u64, subscriber: &Subscriber<'_>) -> Result<(Tagged, State), Failure> {
        match self {
            Self::V3(client) => client.tag(tag, subscriber).await.map(|()| (Tagged::Done, State::Unknown)),
            Self::V4(client) => client.tag(tag, subscriber.email).await,
        }
    }

    /// Adds a subscriber. V3 has no call for it but the one that tags.
    pub async fn subscribe(&self, subscriber: &Subscriber<'_>) -> Result<(), Failure> {
        match self {
            Self::V3(_) => Err(Setback::precondition_missing(UNKNOWN).into()),
            Self::V4(client) => client.subscribe(subscriber).await,
        }
    }

    /// Takes a tag off a contact. [`Case::NotFound`](crate::error::Case::NotFound): there is no such tag, or no such subscriber.
    pub async fn untag(&self, tag: u64, subscriber: &Subscriber<'_>) -> Result<(), Failure> {
        match self {
            Self::V3(client) => client.untag(tag, subscriber.email).await,
            Self::V4(client) => client.untag(tag, subscriber.email).await,
        }
    }

    /// Records a purchase.
    pub async fn purchase(&self, purchase: &Purchase<'_>) -> Result<(), Failure> {
        match self {
            Self::V3(client) => client.purchase(purchase).await,
            Self::V4(client) => client.purchase(purchase).await,
        }
    }
}
