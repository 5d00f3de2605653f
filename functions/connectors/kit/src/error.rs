//! What Kit refuses, by what we do about it.
//! <https://developers.kit.com/api-reference/response-codes>,
//! <https://developers.kit.com/api-reference/v3/response-codes>

use connector::fault::Fault;
use connector::http::{Answer, StatusCode};
use domain::app::App;
use domain::outcome::{Reason, Setback};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// How long we leave an account alone that called too often: the limits of both generations count a rolling minute, and
/// Kit documents no header that says more.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// What a call was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// V3's API secret.
    Secret,
    /// A V4 API key.
    Key,
    /// A V4 OAuth token.
    Token,
}

/// What was given in place of the right credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistaken {
    /// A V4 key as V3's secret.
    V4KeyForSecret,
    /// V3's key as V3's secret: the two stand beside each other in Kit.
    KeyForSecret,
    /// V3's key or secret as a V4 key.
    V3ForV4Key,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What any app may answer, and what may keep us from asking.
    #[error(transparent)]
    Fault(Fault),
    /// Hold: the credential is one of Kit's, and the wrong one.
    #[error("the credential is of the wrong kind: {0:?}")]
    Mistaken(Mistaken),
    /// Hold: 401, the credential is wrong, expired or withdrawn.
    #[error("Kit refuses the credential: {detail}")]
    Unauthorized {
        /// What was refused.
        way: Way,
        /// Kit's words.
        detail: String,
    },
    /// Find out which: there is no such tag, or no such subscriber.
    #[error("Kit has no such tag or subscriber")]
    NotFound,
    /// Give up: V3's 403, the plan holds no more subscribers.
    #[error("the account's plan holds no more subscribers: {detail}")]
    SubscriberLimit {
        /// Kit's words.
        detail: String,
    },
    /// Give up: Kit takes it for no address.
    #[error("the address looks invalid: {detail}")]
    InvalidAddress {
        /// Kit's words.
        detail: String,
    },
    /// Give up: Kit takes no purchases with a V4 key.
    #[error("Kit takes no purchases with a V4 API key")]
    NoPurchasesWithKey,
    /// Give up: anything else that Kit will not take.
    #[error("Kit refuses the call: {detail}")]
    Refused {
        /// Kit's words.
        detail: String,
    },
}

impl<E: Into<Fault>> From<E> for Error {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

/// Kit's error documents: V3 has `error` and `message`, V4 has `errors`.
#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    errors: Vec<Value>,
}

impl Problem {
    /// Its words on one line; none for a document that says nothing.
    fn words(&self) -> Option<String> {
        let mut words: Vec<&str> =
            [&self.error, &self.message].into_iter().flatten().map(String::as_str).collect();
        self.errors.iter().for_each(|error| texts(error, &mut words));
        let text = words.join(": ");
        (!text.is_empty()).then(|| text.chars().take(300).collect())
    }
}

/// V4 nests some of its messages in lists.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(list) => list.iter().for_each(|value| texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
    }
}

impl Error {
    /// Sorts an answer that is no success.
    pub(crate) fn of(answer: &Answer, way: Way, now: Timestamp) -> Self {
        if let Some(fault) = Fault::of(answer, now, PAUSE) {
            return Self::Fault(fault);
        }
        let words = answer.json::<Problem>().ok().and_then(|problem| problem.words());
        let said = || {
            let text = words.clone().unwrap_or_else(|| answer.excerpt(300));
            if text.is_empty() { "nothing more".to_owned() } else { text }
        };
        match answer.status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized { way, detail: said() },
            StatusCode::NOT_FOUND => Self::NotFound,
            // Without words of Kit's it is somebody else's answer: of what stands before it, say.
            status => match words {
                Some(detail) if status == StatusCode::FORBIDDEN && way == Way::Secret => {
                    Self::SubscriberLimit { detail }
                }
                Some(detail) if status.is_client_error() => Self::refused(detail),
                _ => answer.unreadable().into(),
            },
        }
    }

    /// Sorts a refusal by its words: what V3 answers for a tag that does not exist is documented as some 4xx.
    fn refused(detail: String) -> Self {
        let said = detail.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if says(&["not found", "not exist", "n't exist"]) {
            Self::NotFound
        } else if says(&["email"]) && says(&["invalid", "not valid"]) {
            Self::InvalidAddress { detail }
        } else {
            Self::Refused { detail }
        }
    }
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        match error {
            Error::Fault(fault) => fault.setback(App::Kit),
            Error::Mistaken(mistaken) => Self::ReconnectNeeded { reason: mistaken.reason() },
            Error::Unauthorized { way, detail } => Self::ReconnectNeeded { reason: way.refused(&detail) },
            Error::NotFound => Self::rejected(
                "The tag is not in this Kit account (any more).",
                "Choose Refresh, then edit the rule and choose another tag.",
            ),
            Error::SubscriberLimit { detail } => Self::rejected(
                format!("The Kit account has as many subscribers as its plan allows. Kit says: {detail}"),
                "Upgrade the plan in Kit or delete subscribers there, then run this action again.",
            ),
            Error::InvalidAddress { detail } => Self::rejected(
                format!("Kit does not take the e-mail address. It says: {detail}"),
                "Correct the address with your customer and add them by hand.",
            ),
            Error::NoPurchasesWithKey => Self::rejected(
                "Kit takes no purchases with a V4 API Key.",
                "Connect the account with your Kit login or with its API Secret, and edit the rule to use that.",
            ),
            Error::Refused { detail } => Self::rejected(
                format!("Kit refuses this. It says: {detail}"),
                "If the message does not help, look the tag and the subscriber up in Kit.",
            ),
        }
    }
}

impl Way {
    fn refused(self, detail: &str) -> Reason {
        let (what, hint) = match self {
            Self::Secret => (
                "the API Secret",
                "In Kit, open Settings > Developer, copy the API Secret (not the API Key) and connect again.",
            ),
            Self::Key => {
                ("the V4 API Key", "In Kit, open Settings > Developer, add a V4 API key and connect again.")
            }
            Self::Token => ("the connection", "Connect the account with your Kit login again."),
        };
        Reason::new(format!("Kit refuses {what}. It says: {detail}")).hint(hint)
    }
}

impl Mistaken {
    fn reason(self) -> Reason {
        match self {
            Self::V4KeyForSecret => {
                Reason::new("This is a V4 API Key, not the API Secret: V4 keys begin with kit_.").hint(
                    "Choose V4 API Key as the way to connect, or copy the API Secret from Settings > Developer in Kit.",
                )
            }
            Self::KeyForSecret => Reason::new("This is the API Key of the Kit account, not its API Secret.")
                .hint("In Kit, open Settings > Developer, choose Show under API Secret and copy that."),
            Self::V3ForV4Key => {
                Reason::new("Kit refuses this as a V4 API Key: those begin with kit_. It looks like the API Key or API Secret of V3.")
                    .hint("Choose API Secret as the way to connect, or add a V4 API key in Settings > Developer in Kit.")
            }
        }
    }
}
