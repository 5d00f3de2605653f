//! Maps Circle's error responses to failures. <https://api.circle.so/apis/admin-api>

use connector::failure::{self, Field, Rejection, Said};
use connector::http::{Answer, StatusCode};
use domain::outcome::{Reason, Setback};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// The wait if Circle returns no time. It allows 2,000 calls in five minutes, and rejected calls count too.
const PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// The wait after the community reached its daily limit of new members. Circle does not document when the day ends, and
/// every attempt counts towards the month.
const NEXT_MEMBERS: SignedDuration = SignedDuration::from_hours(6);

/// The reason that a call failed.
pub type Failure = failure::Failure<Case>;

/// The failures that actions handle differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// This record does not exist.
    Missing(Record),
    /// Circle rejects the request for another reason, such as a name that is already used.
    Rejected,
}

/// A record that Circle does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// The member.
    Person,
    /// The space, space group, event or tag.
    Target,
    /// The relation of the two: the member and the space exist, but the member is not in the space.
    Membership,
}

impl Record {
    fn named(name: &str) -> Option<Self> {
        match name {
            "user" | "member" | "community member" => Some(Self::Person),
            // In Circle's terms, an event is a post.
            "space" | "space group" | "event" | "post" | "member tag" => Some(Self::Target),
            "space member" | "space group member" | "event attendee" | "tagged member" => {
                Some(Self::Membership)
            }
            _ => None,
        }
    }

    pub(crate) fn failure(self) -> Failure {
        let setback = match self {
            Self::Person => not_member(),
            Self::Target | Self::Membership => Setback::rejected(
                "The record that the rule uses no longer exists in Circle.",
                "Choose Refresh, then edit the rule and choose again.",
            ),
        };
        Failure::of(Case::Missing(self), setback)
    }
}

fn not_member() -> Setback {
    Setback::rejected(
        "The contact is not a member of the community.",
        "Add a rule with the action Invite Member for the same trigger.",
    )
}

/// The reasons that Circle gives for a 403.
pub const FORBIDDEN: &[Rejection<Case>] = &[
    Rejection::new(&["limit of members"], None, |_| {
        Setback::rejected(
            "The community has as many members as its Circle plan allows.",
            "Upgrade the plan in Circle or remove members, then run this action again.",
        )
    }),
    Rejection::new(&["not eligible for admin api"], None, |said| {
        said.reconnect(
                "Circle does not allow this community to use its Admin API",
                "The Admin API comes with Circle's Business plan and above. Upgrade in Circle, then connect again.",
            )
    }),
];

/// The reasons that Circle gives for rejecting a request.
pub const REJECTIONS: &[Rejection<Case>] = &[
    Rejection::new(&["not a member of community"], Some(Case::Missing(Record::Person)), |_| not_member()),
    Rejection::new(&["invalid email"], None, |said| {
        said.rejected(
            "Circle rejected the e-mail address",
            "Correct the address with your customer, or check whether the community blocks its domain.",
        )
    }),
    Rejection::new(&["cancel the subscription"], None, |said| {
        said.rejected(
            "Circle cannot cancel the member's paid subscription, so the member was not removed",
            "Cancel their subscription in Circle, then remove them there.",
        )
    }),
];

pub(crate) fn rejected(said: &Said) -> Failure {
    Failure::of(Case::Rejected, said.request_rejected())
}

/// Circle's error document. Two rejections of an invitation have `errors` instead of `message`.
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

    /// The text of the error. The message of every 404 is generic; its details state the reason.
    fn words(&self) -> String {
        let details = texts(&self.error_details);
        let vague = |text: &&String| text.starts_with("Oops!") && !details.is_empty();
        let message = self.message.iter().filter(|text| !vague(text));
        message.cloned().chain(texts(&self.errors)).chain(details.clone()).collect::<Vec<_>>().join(" ")
    }

    fn record(&self) -> Option<Record> {
        let named = |text: &String| Record::named(text.strip_prefix("Missing record: ")?.trim());
        texts(&self.error_details).iter().find_map(named)
    }

    fn fields(&self) -> Vec<Field> {
        let fields = self.error_details.as_object().into_iter().flatten();
        let field = |(name, why): (&String, &Value)| Field { name: name.clone(), why: texts(why).join(" ") };
        fields.map(field).collect()
    }
}

/// The texts of `details`, which is a text, a list of texts, or an object with either by field.
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

/// Reads an error response.
pub(crate) fn failure(answer: &Answer, now: Timestamp) -> Failure {
    if let Some(setback) = answer.passing(now, PAUSE) {
        return setback.into();
    }
    let problem = Problem::read(answer);
    let words = problem.as_ref().map(Problem::words).unwrap_or_default();
    let said = problem.as_ref().map_or_else(|| Said::of(answer), |_| Said::new(answer, &words));
    match (answer.status, problem) {
        (StatusCode::UNAUTHORIZED, _) => said
            .reconnect(
                "Circle rejected the API key",
                "In Circle, open Developers > Tokens, create a token of the type Admin V2 and connect again: tokens of \
                 the type Admin V1 are rejected like wrong ones.",
            )
            .into(),
        (StatusCode::FORBIDDEN, Some(_)) if words.to_lowercase().contains("daily member limit") => {
            let reason = Reason::new("Circle accepts no more new members into this community today.")
                .hint("The invitation is retried automatically. Circle's support can raise the daily limit.");
            Setback::RateLimited { until: answer.call_again(now, NEXT_MEMBERS), reason }.into()
        }
        (status, Some(problem)) if status.is_client_error() => {
            let table = if status == StatusCode::FORBIDDEN { FORBIDDEN } else { REJECTIONS };
            let record = problem.record().filter(|_| status == StatusCode::NOT_FOUND);
            let found = || Rejection::find(table, &[&words]).map(|rejection| rejection.failure(&said));
            let failure = record.map(Record::failure).or_else(found).unwrap_or_else(|| rejected(&said));
            Failure { fields: problem.fields(), ..failure }
        }
        (_, _) => answer.unreadable().into(),
    }
}

#[cfg(test)]
mod tests {
    use connector::testing::assert_told_apart;

    use super::*;

    #[test]
    fn what_circle_says_is_told_apart() {
        let limit = "Your community has reached the maximum limit of members supported by your plan.";
        assert_told_apart(
            FORBIDDEN,
            &[
                (&[limit], "limit of members"),
                (&["The community is not eligible for admin API v2 access."], "not eligible for admin api"),
            ],
        );
        assert_told_apart(
            REJECTIONS,
            &[
                (&["User is not a member of community"], "not a member of community"),
                (&["Invalid email address."], "invalid email"),
                (&["We could not cancel the subscription of the member."], "cancel the subscription"),
            ],
        );
        // The daily limit is not the plan's limit.
        assert!(Rejection::find(FORBIDDEN, &["Daily member limit exceeded."]).is_none());
    }
}
