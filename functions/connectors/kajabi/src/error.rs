//! What Kajabi refuses, by what we do about it.

use connector::fault::Fault;
use connector::http::{Answer, StatusCode};
use domain::app::App;
use domain::outcome::Setback;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// How long we leave an account alone that answers 429 and names no time. Kajabi publishes no limit.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What any app may answer, and what may keep us from asking.
    #[error(transparent)]
    Fault(Fault),
    /// Hold: the activation URL is not what Kajabi's look like.
    #[error("the activation URL is none of Kajabi's")]
    NoActivationUrl,
    /// Hold: the deactivation URL is not what Kajabi's look like.
    #[error("the deactivation URL is none of Kajabi's")]
    NoDeactivationUrl,
    /// Hold: the two URLs are of different offers.
    #[error("the activation and the deactivation URL are of different offers")]
    UrlsDiffer,
    /// Hold: Kajabi does not know the activation URL (any more).
    #[error("Kajabi answers the offer's URL with {status}")]
    UrlRefused {
        /// The status.
        status: StatusCode,
    },
    /// Hold: no access token is to be had for the API key and secret.
    #[error("Kajabi refuses the API key or its secret: {detail}")]
    KeyRefused {
        /// Kajabi's words.
        detail: String,
    },
    /// Hold: 401 with an access token that was just given out.
    #[error("Kajabi refuses the access token: {detail}")]
    Unauthorized {
        /// Kajabi's words.
        detail: String,
    },
    /// Hold: 403, the key's user may not do this.
    #[error("Kajabi forbids the call: {detail}")]
    Forbidden {
        /// Kajabi's words.
        detail: String,
    },
    /// Look again: 404 for something that was there a moment ago.
    #[error("Kajabi does not find the contact or the offer")]
    NotFound,
    /// Give up: the account has no such offer.
    #[error("the offer is not in the account")]
    UnknownOffer,
    /// Give up: the URL that the integration is connected with is another offer's.
    #[error("the integration is connected with the URL of offer {connected}")]
    OtherOffer {
        /// The offer of the URL.
        connected: String,
    },
    /// Give up: there are several sites, or none, and nothing says on which the offer is.
    #[error("nothing says which site the offer is on")]
    WhichSite,
    /// Look whether the contact is there: 422.
    #[error("Kajabi does not take the contact: {detail}")]
    Unprocessable {
        /// Kajabi's words.
        detail: String,
    },
    /// Give up: anything else that Kajabi will not take.
    #[error("Kajabi refuses the call: {detail}")]
    Refused {
        /// Kajabi's words.
        detail: String,
    },
}

impl<E: Into<Fault>> From<E> for Error {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

/// JSON:API's error document.
#[derive(Deserialize)]
struct Document {
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    source: Option<Source>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(default)]
    pointer: Option<String>,
}

/// The token endpoint's.
#[derive(Deserialize)]
struct TokenProblem {
    error: String,
}

impl Document {
    fn read(answer: &Answer) -> Option<Self> {
        answer.json().ok().filter(|document: &Self| !document.errors.is_empty())
    }

    /// Its own words, with the fields it points at, short enough for a log.
    fn words(&self) -> String {
        let words = self.errors.iter().map(|problem| {
            let words = problem.detail.as_ref().or(problem.title.as_ref()).map_or("", String::as_str);
            let pointer = problem.source.as_ref().and_then(|source| source.pointer.as_deref());
            match pointer.and_then(|pointer| pointer.rsplit('/').next()).filter(|field| !field.is_empty()) {
                Some(field) => format!("{field}: {words}"),
                None => words.to_owned(),
            }
        });
        words.collect::<Vec<_>>().join("; ").chars().take(300).collect()
    }
}

impl Error {
    /// Sorts an answer of the API that is no success.
    pub(crate) fn of(answer: &Answer, now: Timestamp) -> Self {
        if let Some(fault) = Fault::of(answer, now, PAUSE) {
            return Self::Fault(fault);
        }
        let document = Document::read(answer);
        let words = || document.as_ref().map_or_else(|| answer.excerpt(300), Document::words);
        match answer.status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized { detail: words() },
            StatusCode::NOT_FOUND => Self::NotFound,
            // Not from the API but from something in front of it.
            _ if document.is_none() => answer.unreadable().into(),
            StatusCode::FORBIDDEN => Self::Forbidden { detail: words() },
            StatusCode::UNPROCESSABLE_ENTITY => Self::Unprocessable { detail: words() },
            _ => Self::Refused { detail: words() },
        }
    }

    /// Sorts an answer of the token endpoint that is no token.
    pub(crate) fn of_token(answer: &Answer, now: Timestamp) -> Self {
        if let Some(fault) = Fault::of(answer, now, PAUSE) {
            return Self::Fault(fault);
        }
        let problem: Result<TokenProblem, _> = answer.json();
        let document = || Document::read(answer).map(|document| document.words());
        match problem.ok().map(|problem| problem.error).or_else(document) {
            Some(detail) => Self::KeyRefused { detail },
            None if answer.status == StatusCode::UNAUTHORIZED => {
                Self::KeyRefused { detail: answer.excerpt(300) }
            }
            None => answer.unreadable().into(),
        }
    }

    /// Sorts an answer of an offer's URL. What Kajabi answers there is not documented.
    pub(crate) fn of_url(answer: &Answer, now: Timestamp) -> Self {
        if let Some(fault) = Fault::of(answer, now, PAUSE) {
            return Self::Fault(fault);
        }
        match answer.status {
            status @ (StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::GONE) => Self::UrlRefused { status },
            status if status.is_client_error() => Self::Refused { detail: answer.excerpt(300) },
            _ => answer.unreadable().into(),
        }
    }
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        match error {
            Error::Fault(fault) => fault.setback(App::Kajabi),
            Error::NoActivationUrl => Self::reconnect(
                "The activation URL is not one of Kajabi's.",
                "Copy it whole from the offer's webhooks in Kajabi, from https:// to /activate, and connect again.",
            ),
            Error::NoDeactivationUrl => Self::reconnect(
                "The deactivation URL is not one of Kajabi's.",
                "Copy it whole from the offer's webhooks in Kajabi, from https:// to /deactivate, and connect again.",
            ),
            Error::UrlsDiffer => Self::reconnect(
                "The activation URL and the deactivation URL are of two offers.",
                "Copy both from the same offer and connect again; connect another offer as an integration of its own.",
            ),
            Error::UrlRefused { status } => Self::reconnect(
                format!("Kajabi does not take the offer's activation or deactivation URL ({status})."),
                "See in Kajabi that the offer and its webhooks are still there, copy the URLs and connect again.",
            ),
            Error::KeyRefused { detail } => Self::reconnect(
                format!("Kajabi refuses the API key or its secret. It says: {detail}"),
                "Copy both from the same user API key in Kajabi (Settings > Public API), or create a new one, and connect again.",
            ),
            Error::Unauthorized { detail } => Self::reconnect(
                format!("Kajabi gave us access for the API key and then refused it. It says: {detail}"),
                "Create a new user API key in Kajabi (Settings > Public API) and connect again.",
            ),
            Error::Forbidden { detail } => Self::reconnect(
                format!("Kajabi forbids the API key to do this. It says: {detail}"),
                "See that your plan has API access, and that the key's permissions include sites, offers and contacts; then connect again.",
            ),
            Error::NotFound => {
                Self::not_yet("Kajabi does not find the contact or the offer, which were there a moment ago.")
            }
            Error::UnknownOffer => Self::rejected(
                "The offer is not in this Kajabi account (any more).",
                "Choose Refresh, then edit the rule and choose another offer.",
            ),
            Error::OtherOffer { connected } => Self::rejected(
                format!(
                    "The integration is connected with the activation URL of offer {connected}, and the rule names another offer."
                ),
                "Edit the rule and choose that offer, or connect the other offer's activation URL as an integration of its own.",
            ),
            Error::WhichSite => Self::rejected(
                "Kajabi does not say which of the account's sites the offer is on.",
                "Connect with the API key of a user who has access to that site only.",
            ),
            Error::Unprocessable { detail } => Self::rejected(
                format!("Kajabi does not take the contact. It says: {detail}"),
                "If it is the address, correct it with your customer and grant the offer by hand.",
            ),
            Error::Refused { detail } => Self::rejected(
                format!("Kajabi refuses this. It says: {detail}"),
                "If the message does not help, compare the rule's offer with the one in Kajabi.",
            ),
        }
    }
}
