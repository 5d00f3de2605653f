//! What Circle refuses, by what we do about it.
//!
//! Circle's API document gives the errors with each call; a missing record is named in `error_details` only.
//! <https://api-headless.circle.so/?urls.primaryName=Admin%20APIs>

use connector::fault::Fault;
use connector::http::{Answer, StatusCode};
use domain::app::App;
use domain::outcome::{Reason, Setback};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// How long we wait when Circle is called too often and names no time: it counts 2,000 calls in five minutes, and
/// refused ones count too.
const PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// How long we wait when the community has taken as many members as it may in a day. Circle does not say when that day
/// ends, and every try counts towards the month.
const NEXT_MEMBERS: SignedDuration = SignedDuration::from_hours(6);

/// What Circle says it does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// The member.
    Person,
    /// The space, space group, event or tag.
    Target,
    /// What joins the two: the member is there, and so is the space, but they are not in it.
    Membership,
}

impl Record {
    fn named(name: &str) -> Option<Self> {
        match name {
            "user" | "member" | "community member" => Some(Self::Person),
            // To Circle an event is a post.
            "space" | "space group" | "event" | "post" | "member tag" => Some(Self::Target),
            "space member" | "space group member" | "event attendee" | "tagged member" => {
                Some(Self::Membership)
            }
            _ => None,
        }
    }
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What any app may answer, and what may keep us from asking.
    #[error(transparent)]
    Fault(Fault),
    /// Connect again: the Community URL is none.
    #[error("the Community URL is no https address")]
    CommunityUrl,
    /// Hold: 401, the token is wrong, revoked or of another type.
    #[error("Circle refuses the token: {detail}")]
    Unauthorized {
        /// Circle's words.
        detail: String,
    },
    /// Hold: 403, the community's plan has no such API.
    #[error("Circle does not let the community use the API: {detail}")]
    NotEligible {
        /// Circle's words.
        detail: String,
    },
    /// Wait: 403, no more new members today.
    #[error("the community takes no more members today, wait until {until}")]
    DailyLimit {
        /// Not before this.
        until: Timestamp,
    },
    /// Give up: 403, no more members on this plan.
    #[error("the community has as many members as its plan allows")]
    MemberLimit,
    /// Ask the action: 404, and which of the records it needs is not there.
    #[error("Circle does not have it: {record:?}")]
    Missing {
        /// Which.
        record: Record,
    },
    /// As [`Record::Person`], where space groups are concerned.
    #[error("the contact is not a member of the community")]
    NotMember,
    /// Give up: Circle does not take the address, or its domain.
    #[error("the address is refused: {detail}")]
    InvalidAddress {
        /// Circle's words.
        detail: String,
    },
    /// Give up: the member pays Circle, and that cannot be cancelled.
    #[error("the member's subscription cannot be cancelled: {detail}")]
    Subscribed {
        /// Circle's words.
        detail: String,
    },
    /// Give up: anything else that Circle will not do.
    #[error("Circle refuses the call: {detail}")]
    Refused {
        /// Circle's words.
        detail: String,
    },
    /// Give up: a setting is not what Circle gives its records for ids.
    #[error("`{value}` is no id for `{key}`")]
    NotAnId {
        /// The setting.
        key: &'static str,
        /// What it holds.
        value: String,
    },
}

impl<E: Into<Fault>> From<E> for Error {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

/// Circle's error document. Two refusals of an invitation have `errors` in place of `message`.
#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    errors: Value,
    #[serde(default)]
    error_details: Value,
}

impl Problem {
    fn read(answer: &Answer) -> Option<Self> {
        answer.json::<Self>().ok().filter(|problem| !problem.words().is_empty())
    }

    /// Its own words, short enough for a log. What every 404 has for a message says nothing; its details do.
    fn words(&self) -> String {
        let details = texts(&self.error_details);
        let vague = |text: &&String| text.starts_with("Oops!") && !details.is_empty();
        let message = self.message.iter().filter(|text| !vague(text));
        let words: Vec<String> = message.cloned().chain(texts(&self.errors)).chain(details.clone()).collect();
        words.join(" ").chars().take(300).collect()
    }

    fn record(&self) -> Option<Record> {
        let named = |text: &String| Record::named(text.strip_prefix("Missing record: ")?.trim());
        texts(&self.error_details).iter().find_map(named)
    }
}

/// The texts of details that are a text, a list of texts, or either by field.
fn texts(details: &Value) -> Vec<String> {
    match details {
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(fields) => {
            let named =
                |key: &str, text: String| if key == "message" { text } else { format!("{key} {text}") };
            let field = |(key, value): (&String, &Value)| {
                texts(value).into_iter().map(|text| named(key, text)).collect::<Vec<_>>()
            };
            fields.iter().flat_map(field).collect()
        }
    }
}

impl Error {
    /// Sorts an answer that is no success.
    pub(crate) fn of(answer: &Answer, now: Timestamp) -> Self {
        if let Some(fault) = Fault::of(answer, now, PAUSE) {
            return Self::Fault(fault);
        }
        let status = answer.status;
        let problem = Problem::read(answer);
        let detail = problem.as_ref().map_or_else(|| answer.excerpt(300), Problem::words);
        let says = |words: &str| detail.to_lowercase().contains(words);
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized { detail },
            _ if problem.is_none() || !status.is_client_error() => answer.unreadable().into(),
            StatusCode::FORBIDDEN if says("daily member limit") => {
                Self::DailyLimit { until: answer.call_again(now, NEXT_MEMBERS) }
            }
            StatusCode::FORBIDDEN if says("limit of members") => Self::MemberLimit,
            StatusCode::FORBIDDEN if says("not eligible") => Self::NotEligible { detail },
            _ => match problem.as_ref().and_then(Problem::record) {
                Some(record) if status == StatusCode::NOT_FOUND => Self::Missing { record },
                _ if says("not a member of community") => Self::NotMember,
                _ if says("invalid email") => Self::InvalidAddress { detail },
                _ if says("cancel the subscription") => Self::Subscribed { detail },
                _ => Self::Refused { detail },
            },
        }
    }
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        match error {
            Error::Fault(fault) => fault.setback(App::Circle),
            Error::CommunityUrl => Self::reconnect(
                "The Community URL is not the address of a community.",
                "Copy it whole from Settings > General in Circle; it begins with https://.",
            ),
            Error::Unauthorized { detail } => Self::reconnect(
                format!("Circle refuses the API key. It says: {detail}"),
                "In Circle, open Developers > Tokens, create a token of the type Admin V2 and connect again: tokens of \
                 the type Admin V1 are refused like wrong ones.",
            ),
            Error::NotEligible { detail } => Self::reconnect(
                format!("Circle does not let this community use its Admin API. It says: {detail}"),
                "The Admin API comes with Circle's Business plan and above. Upgrade in Circle, then connect again.",
            ),
            Error::DailyLimit { until } => Self::RateLimited {
                until,
                reason: Reason::new("Circle takes no more new members into this community today.").hint(
                    "The invitation goes out later by itself. Circle's support can raise the daily limit.",
                ),
            },
            Error::MemberLimit => Self::rejected(
                "The community has as many members as its Circle plan allows.",
                "Upgrade the plan in Circle or remove members, then run this action again.",
            ),
            Error::Missing { record } => Self::rejected(
                match record {
                    Record::Person => "Circle does not find the contact.",
                    Record::Target => "Circle does not find what the rule is about.",
                    Record::Membership => "Circle does not find the contact there.",
                },
                "Choose Refresh, then edit the rule and choose again.",
            ),
            Error::NotMember => Self::rejected(
                "The contact is not a member of the community.",
                "Add a rule with the action Invite Member for the same trigger.",
            ),
            Error::InvalidAddress { detail } => Self::rejected(
                format!("Circle does not take the e-mail address. It says: {detail}"),
                "Correct the address with your customer, or see whether the community blocks its domain.",
            ),
            Error::Subscribed { detail } => Self::rejected(
                format!("Circle cannot cancel what the member pays it for, so they stay. It says: {detail}"),
                "Cancel their subscription in Circle, then remove them there.",
            ),
            Error::Refused { detail } => Self::rejected(
                format!("Circle refuses this. It says: {detail}"),
                "If the message does not help, try the same by hand in Circle.",
            ),
            Error::NotAnId { key, value } => Self::rejected(
                format!(
                    "`{value}` is no id, so it cannot be the rule's `{key}`: Circle's ids are whole numbers."
                ),
                "Choose Refresh, then edit the rule and choose from the list.",
            ),
        }
    }
}
