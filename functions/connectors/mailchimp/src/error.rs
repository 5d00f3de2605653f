//! What Mailchimp refuses, by what we do about it.
//! <https://mailchimp.com/developer/marketing/docs/errors/>

use connector::fault::Fault;
use connector::http::{Answer, StatusCode};
use domain::app::App;
use domain::outcome::Setback;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// How long we leave an account alone that says it is too busy and names no time: the limit is ten connections at
/// once, and those end in seconds.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What any app may answer, and what may keep us from asking.
    #[error(transparent)]
    Fault(Fault),
    /// Hold: the key does not say where the account lives.
    #[error("the API key names no data center")]
    NoDataCenter,
    /// Hold: nobody said where the account lives that was connected by OAuth.
    #[error("Mailchimp names no data center for the account")]
    NotLocated,
    /// Hold: 401, the key or the token is wrong, revoked or disabled.
    #[error("Mailchimp refuses the key or token: {detail}")]
    Unauthorized {
        /// Mailchimp's words.
        detail: String,
    },
    /// Hold: 403 with a reason. The account or plan is deactivated, or the key's user may not do this.
    #[error("Mailchimp forbids the call: {detail}")]
    Forbidden {
        /// Mailchimp's words.
        detail: String,
    },
    /// Try later: this address was put on many lists lately, anywhere in Mailchimp.
    #[error("the address was put on too many lists lately")]
    TooManySignups,
    /// Find out which: 404, the list or the member.
    #[error("Mailchimp has no such list or member")]
    NotFound,
    /// A success when adding. An upsert can meet it too: <https://github.com/mailchimp/APIv3-examples/issues/49>
    #[error("the member exists: {detail}")]
    MemberExists {
        /// Mailchimp's words.
        detail: String,
    },
    /// Not possible on what is there: 405, for an archived member.
    #[error("Mailchimp does not do this to what is there")]
    NotAllowed,
    /// Give up: unsubscribed, bouncing or under review. Only the person can change that.
    #[error("the member is in a compliance state")]
    InComplianceState,
    /// Give up: deleted for good.
    #[error("the address was permanently deleted")]
    Forgotten,
    /// Give up: Mailchimp takes it for no address.
    #[error("the address looks invalid: {detail}")]
    InvalidAddress {
        /// Mailchimp's words.
        detail: String,
    },
    /// Give up: the audience's fields are set so that what we send does not fit.
    #[error("merge fields were refused: {detail}")]
    InvalidMergeFields {
        /// Which and why, in Mailchimp's words.
        detail: String,
    },
    /// Give up: anything else that Mailchimp will not take.
    #[error("Mailchimp refuses the call: {detail}")]
    Refused {
        /// Mailchimp's words.
        detail: String,
    },
}

impl<E: Into<Fault>> From<E> for Error {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

/// Mailchimp's problem document.
#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    errors: Vec<FieldError>,
}

#[derive(Deserialize)]
struct FieldError {
    #[serde(default)]
    field: String,
    #[serde(default)]
    message: String,
}

impl Problem {
    fn read(answer: &Answer) -> Option<Self> {
        let problem: Self = answer.json().ok()?;
        (!problem.title.is_empty() || !problem.detail.is_empty()).then_some(problem)
    }

    /// Titles may come in the account's language, so the detail is searched as well.
    fn says(&self, words: &[&str]) -> bool {
        let text = format!("{} {}", self.title, self.detail).to_lowercase();
        words.iter().any(|word| text.contains(word))
    }

    /// Its own words, with the fields it names, short enough for a log.
    fn words(&self) -> String {
        let first = if self.detail.is_empty() { &self.title } else { &self.detail };
        let fields = self.errors.iter().map(|error| match error.field.as_str() {
            "" => error.message.clone(),
            field => format!("{field}: {}", error.message),
        });
        let words: Vec<String> = std::iter::once(first.clone()).chain(fields).collect();
        words.join(" ").chars().take(300).collect()
    }

    fn error(&self) -> Error {
        let detail = self.words();
        if self.says(&["member exists", "already a list member"]) {
            Error::MemberExists { detail }
        } else if self.says(&["compliance state"]) {
            Error::InComplianceState
        } else if self.says(&["forgotten email", "permanently deleted"]) {
            Error::Forgotten
        } else if self.says(&["signed up to a lot of lists", "not allowing more signups"]) {
            Error::TooManySignups
        } else if self.says(&["merge field"]) {
            Error::InvalidMergeFields { detail }
        } else if self.says(&["fake or invalid", "valid email"])
            || self.errors.iter().any(|error| error.field == "email_address")
        {
            Error::InvalidAddress { detail }
        } else {
            Error::Refused { detail }
        }
    }
}

impl Error {
    /// Sorts an answer that is no success.
    pub(crate) fn of(answer: &Answer, now: Timestamp) -> Self {
        if let Some(fault) = Fault::of(answer, now, PAUSE) {
            return Self::Fault(fault);
        }
        let problem = Problem::read(answer);
        let words = || problem.as_ref().map_or_else(|| answer.excerpt(300), Problem::words);
        match answer.status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized { detail: words() },
            // At very high volume.
            StatusCode::FORBIDDEN if problem.is_none() => {
                Self::Fault(Fault::Throttled { until: answer.call_again(now, PAUSE) })
            }
            StatusCode::FORBIDDEN => Self::Forbidden { detail: words() },
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::NotAllowed,
            status => match problem {
                Some(problem) if status.is_client_error() => problem.error(),
                _ => answer.unreadable().into(),
            },
        }
    }
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        match error {
            Error::Fault(fault) => fault.setback(App::Mailchimp),
            Error::NoDataCenter => Self::reconnect(
                "The API key is not whole: it does not end in a data center, such as -us6.",
                "Copy the whole key from Mailchimp and connect again.",
            ),
            Error::NotLocated => Self::reconnect(
                "Mailchimp did not say in which of its data centers the account lives.",
                "Connect the account again.",
            ),
            Error::Unauthorized { detail } => Self::reconnect(
                said("Mailchimp does not let us into the account.", &detail),
                "Connect the account again. If it was by an API key, create a new one first: Profile > Extras > API keys.",
            ),
            Error::Forbidden { detail } => Self::reconnect(
                said("Mailchimp forbids what the account was connected with to do this.", &detail),
                "See that the account is active and that whoever connected it may manage audiences, then connect again.",
            ),
            Error::TooManySignups => Self::not_yet(
                "Mailchimp takes no more signups of this address for now: it was put on a lot of lists lately.",
            ),
            Error::NotFound => Self::rejected(
                "The list or the contact is not in this Mailchimp account (any more).",
                "Choose Refresh, then edit the rule and choose another list.",
            ),
            Error::NotAllowed => Self::rejected(
                "Mailchimp does not do this to the contact as they are.",
                "Look the contact up in Mailchimp; they may be archived.",
            ),
            Error::InComplianceState => Self::rejected(
                "The contact unsubscribed, or mail to them bounces, so Mailchimp lets nobody else subscribe them.",
                "They can subscribe themselves with a Mailchimp form, or confirm an e-mail: turn on Double opt-in in the rule.",
            ),
            Error::Forgotten => Self::rejected(
                "The contact was permanently deleted from the list; Mailchimp never takes the address back.",
                "Only they themselves can subscribe again, with a Mailchimp form.",
            ),
            Error::InvalidAddress { detail } => Self::rejected(
                format!("Mailchimp does not take the e-mail address. It says: {detail}"),
                "Correct the address with your customer and add them by hand.",
            ),
            Error::InvalidMergeFields { detail } => Self::rejected(
                format!("Mailchimp does not take the contact's fields. It says: {detail}"),
                "In Mailchimp, open the audience's Settings > Audience fields: FNAME and LNAME must be text, and the fields that the rule names must be for a phone number and for an address.",
            ),
            Error::MemberExists { detail } | Error::Refused { detail } => Self::rejected(
                format!("Mailchimp refuses this. It says: {detail}"),
                "If the message does not help, compare the rule's list with the audience in Mailchimp.",
            ),
        }
    }
}

fn said(message: &str, detail: &str) -> String {
    if detail.is_empty() { message.to_owned() } else { format!("{message} It says: {detail}") }
}
