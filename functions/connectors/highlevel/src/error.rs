//! What HighLevel refuses, by what we do about it.
//! <https://marketplace.gohighlevel.com/docs/oauth/Faqs>

use connector::fault::Fault;
use connector::http::{Answer, StatusCode};
use domain::app::App;
use domain::outcome::Setback;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// In how long HighLevel takes 100 calls, where it does not say.
const INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// The longest interval that is believed.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// How long we leave a location alone whose calls of the day are used up. When its day ends, HighLevel does not say.
const DAY_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What any app may answer, and what may keep us from asking.
    #[error(transparent)]
    Fault(Fault),
    /// Hold: 401, the token is wrong, expired or revoked.
    #[error("HighLevel refuses the access token: {detail}")]
    Unauthorized {
        /// HighLevel's words.
        detail: String,
    },
    /// Hold: 401, the token does not stand for a permission that the call needs.
    #[error("the access token lacks a permission: {detail}")]
    MissingScope {
        /// HighLevel's words.
        detail: String,
    },
    /// Hold: 401, the token is an agency's.
    #[error("the access token is not a location's: {detail}")]
    WrongKind {
        /// HighLevel's words.
        detail: String,
    },
    /// Hold: 403, the location is not ours (any more).
    #[error("HighLevel forbids the call: {detail}")]
    Forbidden {
        /// HighLevel's words.
        detail: String,
    },
    /// Wait: 429, and no call of the day is left.
    #[error("HighLevel takes no more calls today, wait until {until}")]
    DayIsUp {
        /// Not before this.
        until: Timestamp,
    },
    /// A success when creating: the location allows no duplicates and has the contact.
    #[error("the contact exists: {detail}")]
    Duplicate {
        /// The contact's id.
        contact: String,
        /// What is the same: `email` or `phone`.
        by: Option<String>,
        /// HighLevel's words.
        detail: String,
    },
    /// Look again: there is no contact of that id (any more).
    #[error("there is no such contact")]
    NoContact,
    /// Give up: HighLevel takes it for no address.
    #[error("the address looks invalid: {detail}")]
    InvalidAddress {
        /// HighLevel's words.
        detail: String,
    },
    /// Give up: HighLevel takes it for no phone number.
    #[error("the phone number looks invalid: {detail}")]
    InvalidPhone {
        /// HighLevel's words.
        detail: String,
    },
    /// Give up: anything else that HighLevel will not take.
    #[error("HighLevel refuses the call: {detail}")]
    Refused {
        /// HighLevel's words.
        detail: String,
    },
}

impl<E: Into<Fault>> From<E> for Error {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

/// HighLevel's error document.
struct Problem {
    /// Its own words, short enough for a log.
    words: String,
    meta: Value,
}

impl Problem {
    /// `message` is a text, or with 422 a list of them.
    fn read(answer: &Answer) -> Option<Self> {
        let body: Value = answer.json().ok()?;
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
        };
        let words =
            [text(&body["message"]), text(&body["error"])].into_iter().find(|words| !words.is_empty())?;
        Some(Self { words: words.chars().take(300).collect(), meta: body["meta"].clone() })
    }

    fn says(&self, words: &[&str]) -> bool {
        let text = self.words.to_lowercase();
        words.iter().all(|word| text.contains(word))
    }

    fn error(self) -> Error {
        let meta = |key: &str| self.meta[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        if let Some(contact) = meta("contactId") {
            return Error::Duplicate { contact, by: meta("matchingField"), detail: self.words };
        }
        if self.says(&["contact", "not found"]) {
            return Error::NoContact;
        }
        let (is_address, is_phone) = (self.says(&["email"]), self.says(&["phone"]));
        let detail = self.words;
        match (is_address, is_phone) {
            (true, false) => Error::InvalidAddress { detail },
            (false, true) => Error::InvalidPhone { detail },
            (true, true) | (false, false) => Error::Refused { detail },
        }
    }
}

impl Error {
    /// Sorts an answer that is no success.
    pub(crate) fn of(answer: &Answer, now: Timestamp) -> Self {
        let number = |name: &str| answer.header(name).and_then(|value| value.trim().parse::<i64>().ok());
        // The headers tell how long an interval is and what is left of the day.
        if answer.status == StatusCode::TOO_MANY_REQUESTS && number("x-ratelimit-daily-remaining") == Some(0)
        {
            return Self::DayIsUp { until: answer.call_again(now, DAY_PAUSE) };
        }
        let interval =
            number("x-ratelimit-interval-milliseconds").map_or(INTERVAL, SignedDuration::from_millis);
        if let Some(fault) = Fault::of(answer, now, interval.clamp(SignedDuration::from_secs(1), LONGEST)) {
            return Self::Fault(fault);
        }
        match (answer.status, Problem::read(answer)) {
            (StatusCode::UNAUTHORIZED, Some(problem)) => {
                let (is_scope, is_kind) = (problem.says(&["scope"]), problem.says(&["type mismatch"]));
                let detail = problem.words;
                match (is_scope, is_kind) {
                    (true, _) => Self::MissingScope { detail },
                    (false, true) => Self::WrongKind { detail },
                    (false, false) => Self::Unauthorized { detail },
                }
            }
            (StatusCode::UNAUTHORIZED, None) => Self::Unauthorized { detail: answer.excerpt(300) },
            (StatusCode::FORBIDDEN, Some(problem)) => Self::Forbidden { detail: problem.words },
            (status, Some(problem)) if status.is_client_error() => problem.error(),
            // A page of whatever stands in front of HighLevel: it says nothing of the account or the contact.
            (_, _) => answer.unreadable().into(),
        }
    }
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        match error {
            Error::Fault(fault) => fault.setback(App::HighLevel),
            Error::Unauthorized { detail } => Self::reconnect(
                format!("HighLevel refuses the connection. It says: {detail}"),
                "Connect again; you may have removed the app from the location in HighLevel.",
            ),
            Error::MissingScope { detail } => Self::reconnect(
                format!("The connection lacks a permission in HighLevel. It says: {detail}"),
                "Connect again and approve everything that HighLevel lists.",
            ),
            Error::WrongKind { detail } => Self::reconnect(
                format!("The connection is not to a HighLevel location. It says: {detail}"),
                "Connect again and choose the location (sub-account), not the agency.",
            ),
            Error::Forbidden { detail } => Self::reconnect(
                format!("HighLevel does not let us into the location. It says: {detail}"),
                "See in HighLevel that the location is active and has the app, then connect again and choose it.",
            ),
            Error::DayIsUp { until } => {
                Self::limited(until, "The calls that HighLevel takes for this location in a day are used up.")
            }
            Error::NoContact => Self::rejected(
                "The contact is not in HighLevel (any more).",
                "Add a rule with the action Create Contact for the same trigger.",
            ),
            Error::InvalidAddress { detail } => Self::rejected(
                format!("HighLevel does not take the e-mail address. It says: {detail}"),
                "Correct the address with your customer and add them by hand.",
            ),
            Error::InvalidPhone { detail } => Self::rejected(
                format!("HighLevel does not take the phone number. It says: {detail}"),
                "Correct the number with your customer and add them by hand.",
            ),
            Error::Duplicate { detail, .. } | Error::Refused { detail } => Self::rejected(
                format!("HighLevel refuses this. It says: {detail}"),
                "If the message does not help, compare the rule's tags with those in HighLevel.",
            ),
        }
    }
}
