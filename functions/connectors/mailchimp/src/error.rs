//! Maps Mailchimp's error responses to failures. <https://mailchimp.com/developer/marketing/docs/errors/>

use connector::failure::{self, Field, Rejection, Said};
use connector::http::{Answer, StatusCode};
use domain::outcome::{Fix, Setback};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// The wait after a 429 without a time: the limit is ten simultaneous connections, and a connection is free when one of
/// them ends. The kit spreads the calls of one account.
const BUSY: SignedDuration = SignedDuration::from_secs(1);
/// The wait after a 403 without a reason, which Mailchimp returns at very high volume.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// The reason that a call failed.
pub type Failure = failure::Failure<Case>;

/// The failures that actions handle differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// 404: the list or the member does not exist.
    NotFound,
    /// 405: the member is archived.
    NotAllowed,
    /// The member exists. An upsert can return this too: <https://github.com/mailchimp/APIv3-examples/issues/49>
    MemberExists,
    /// The member unsubscribed, is under review, or e-mail to them bounces.
    InComplianceState,
}

/// The reasons that Mailchimp gives, title before detail, because titles may be in the account's language.
pub const REJECTIONS: &[Rejection<Case>] = &[
    Rejection::new(&["compliance state"], Some(Case::InComplianceState), |_| {
        Setback::rejected(
            Fix::Contact,
            "The contact unsubscribed, or e-mail to them bounces, so Mailchimp lets only the contact subscribe again.",
            "The contact can subscribe again with a Mailchimp form.",
        )
    }),
    Rejection::new(&["forgotten email", "permanently deleted"], None, |_| {
        Setback::rejected(
            Fix::Contact,
            "The contact was permanently deleted from the list; Mailchimp does not accept the address again.",
            "Only the contact can subscribe again, with a Mailchimp form.",
        )
    }),
    Rejection::new(
        &["member exists", "already a list member"],
        Some(Case::MemberExists),
        Said::request_rejected,
    ),
    Rejection::new(&["tag already exists"], None, |_| {
        Setback::precondition_missing("Another action created the tag in Mailchimp at the same moment.")
    }),
    Rejection::new(&["signed up to a lot of lists", "not allowing more signups"], None, |_| {
        Setback::precondition_missing(
            "Mailchimp accepts no more signups of this address for now: it was recently added to a lot of lists.",
        )
    }),
    Rejection::new(&["merge field"], None, |said| {
        said.rejected(
            Fix::Account,
            "Mailchimp rejected the contact's fields",
            "In Mailchimp, open the audience's Settings > Audience fields and compare their types.",
        )
    }),
    Rejection::new(&["fake or invalid", "valid email address"], None, Said::address_rejected),
];

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

    /// The error's text, with the fields that it names.
    fn said(&self, answer: &Answer) -> Said {
        let first = if self.detail.is_empty() { &self.title } else { &self.detail };
        let fields = self.errors.iter().map(|FieldError { field, message }| match field.as_str() {
            "" => message.clone(),
            field => format!("{field}: {message}"),
        });
        let words: Vec<String> = std::iter::once(first.clone()).chain(fields).collect();
        Said::new(answer, &words.join(" "))
    }

    fn failure(self, said: &Said) -> Failure {
        let is_address = self.errors.iter().any(|error| error.field == "email_address");
        let failure = match Rejection::find(REJECTIONS, &[&self.title, &self.detail]) {
            Some(rejection) => rejection.failure(said),
            None if is_address => said.address_rejected().into(),
            None => said.request_rejected().into(),
        };
        let fields = self.errors.into_iter().map(|FieldError { field, message }| Field {
            name: field.strip_prefix("merge_fields.").unwrap_or(&field).to_owned(),
            why: message,
        });
        Failure { fields: fields.collect(), ..failure }
    }
}

/// Reads an error response.
pub(crate) fn failure(answer: &Answer, now: Timestamp) -> Failure {
    if let Some(setback) = answer.passing(now, BUSY) {
        return setback.into();
    }
    let problem = Problem::read(answer);
    let said = problem.as_ref().map_or_else(|| Said::of(answer), |problem| problem.said(answer));
    match (answer.status, problem) {
        (StatusCode::UNAUTHORIZED, _) => said.reconnect(
            "Mailchimp rejected the API key or the login",
            "Connect the account again. If it was by an API key, create a new one first: Profile > Extras > API keys.",
        ).into(),
        (StatusCode::NOT_FOUND, _) => Failure::of(Case::NotFound, said.request_rejected()),
        (StatusCode::METHOD_NOT_ALLOWED, _) => Failure::of(Case::NotAllowed, said.request_rejected()),
        (StatusCode::FORBIDDEN, Some(_)) => said.reconnect(
            "Mailchimp does not allow this with the API key or the login",
            "Check that the account is active and that the user who connected it may manage audiences, then connect again.",
        ).into(),
        // Mailchimp returns an empty 403 at very high volume; one with a page is from a firewall.
        (StatusCode::FORBIDDEN, None) if answer.is_empty() => answer.limited(now, PAUSE).into(),
        (status, Some(problem)) if status.is_client_error() => problem.failure(&said),
        (_, _) => answer.unreadable().into(),
    }
}

#[cfg(test)]
mod tests {
    use connector::testing::assert_told_apart;

    use super::*;

    #[test]
    fn what_mailchimp_says_is_told_apart() {
        let exists = "ada@example.com is already a list member. Use PUT to insert or update list members.";
        let compliance = "ada@example.com is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.";
        let listed = "ada@example.com is already a list member in compliance state due to unsubscribe, bounce or compliance review and cannot be subscribed.";
        let forgotten = "ada@example.com was permanently deleted and cannot be re-imported.";
        let signups = "ada@example.com has signed up to a lot of lists very recently; we're not allowing more signups for now";
        let fake = "ada@example.com looks fake or invalid, please enter a real email address.";
        assert_told_apart(
            REJECTIONS,
            &[
                (&["Member In Compliance State", compliance], "compliance state"),
                (&["Member In Compliance State", listed], "compliance state"),
                (&["Bad Request", listed], "compliance state"),
                (&["Forgotten Email Not Subscribed", exists], "forgotten email"),
                (&["Esquecido", forgotten], "permanently deleted"),
                (&["Member Exists", compliance], "member exists"),
                (&["Membro existe", exists], "already a list member"),
                (&["Bad Request", "Sorry, that tag already exists."], "tag already exists"),
                (&["Invalid Resource", signups], "signed up to a lot of lists"),
                (
                    &["Invalid Resource", "We're not allowing more signups for now"],
                    "not allowing more signups",
                ),
                (&["Invalid Resource", "Your merge fields were invalid."], "merge field"),
                (&["Invalid Resource", fake], "fake or invalid"),
                (&["Invalid Resource", "Please provide a valid email address."], "valid email address"),
            ],
        );
    }
}
