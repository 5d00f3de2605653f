//! Maps Kit's error responses to failures. <https://developers.kit.com/api-reference/response-codes>,
//! <https://developers.kit.com/api-reference/v3/response-codes>

use connector::failure::{self, Field, Rejection, Said};
use connector::http::{Answer, StatusCode};
use domain::outcome::{Fix, Setback};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::subscriber::OPTIONAL;

/// The wait if Kit returns no time: the limits of both generations apply to a rolling minute.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// The prefix of every V4 key, which no V3 key has. From public code; Kit does not document it.
const V4_KEY_PREFIX: &str = "kit_";

/// The reason that a call failed.
pub type Failure = failure::Failure<Case>;

/// The failures that actions handle differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// The tag or the subscriber does not exist.
    NotFound,
    /// A tag with the name to create exists.
    Taken,
    /// Kit already has a purchase with this transaction id.
    Recorded,
    /// V3 rejects a credential that may be its API Key instead of the API Secret.
    NoSecret,
}

/// The kind of credential of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthKind {
    /// V3's API secret.
    Secret,
    /// A V4 API key.
    Key,
    /// A V4 OAuth token.
    Token,
}

/// The reasons that Kit gives. For a missing tag, V3 documents only a 4xx.
pub const REJECTIONS: &[Rejection<Case>] = &[
    Rejection::new(
        &["transaction…already", "transaction…taken", "duplicate transaction"],
        Some(Case::Recorded),
        Said::request_rejected,
    ),
    Rejection::new(&["already exist", "already been taken"], Some(Case::Taken), |said| {
        said.not_yet("Another action created this in Kit at the same moment")
    }),
    Rejection::new(
        &["email…invalid", "email…not valid", "invalid email", "not a valid email"],
        None,
        Said::address_rejected,
    ),
    Rejection::new(&["not found", "not exist", "n't exist"], Some(Case::NotFound), Said::request_rejected),
];

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
    /// The error's texts; none if the document has no text.
    fn said(&self, answer: &Answer) -> Option<Said> {
        let mut words: Vec<&str> =
            [&self.error, &self.message].into_iter().flatten().map(String::as_str).collect();
        self.errors.iter().for_each(|error| texts(error, &mut words));
        (!words.is_empty()).then(|| Said::new(answer, &words.join(": ")))
    }
}

/// V4 nests some messages in lists.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(list) => list.iter().for_each(|value| texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
    }
}

/// Reads an error response to a call with this credential.
pub(crate) fn failure(answer: &Answer, auth: AuthKind, credential: &str, now: Timestamp) -> Failure {
    if let Some(setback) = answer.passing(now, PAUSE) {
        return setback.into();
    }
    let problem = answer.json::<Problem>().ok().and_then(|problem| problem.said(answer));
    let is_problem = problem.is_some();
    let said = problem.unwrap_or_else(|| Said::of(answer));
    match answer.status {
        StatusCode::UNAUTHORIZED => unauthorized(auth, credential, &said),
        StatusCode::NOT_FOUND => Failure::of(Case::NotFound, said.request_rejected()),
        StatusCode::FORBIDDEN if is_problem && auth == AuthKind::Secret => said
            .rejected(
                Fix::Account,
                "The Kit account has as many subscribers as its plan allows",
                "Upgrade the plan in Kit or delete subscribers there, then run this action again.",
            )
            .into(),
        status if is_problem && status.is_client_error() => {
            let why = said.words().to_owned();
            let is_optional = ["first name", OPTIONAL].iter().any(|name| why.to_lowercase().contains(name));
            let field = is_optional.then(|| Field { name: OPTIONAL.to_owned(), why });
            let failure = Rejection::find(REJECTIONS, &[said.words()])
                .map_or_else(|| said.request_rejected().into(), |rejection| rejection.failure(&said));
            Failure { fields: field.into_iter().collect(), ..failure }
        }
        // A response without an error text, such as a firewall's page.
        _ => answer.unreadable().into(),
    }
}

/// 401: the credential is wrong, expired or revoked, or is another kind of Kit's credentials.
fn unauthorized(auth: AuthKind, credential: &str, said: &Said) -> Failure {
    match (auth, credential.starts_with(V4_KEY_PREFIX)) {
        (AuthKind::Secret, true) => Setback::reconnect(
            "This is a V4 API Key, not the API Secret: V4 keys begin with kit_.",
            "Choose V4 API Key as the connection method, or copy the API Secret from Settings > Developer in Kit.",
        )
        .into(),
        (AuthKind::Secret, false) => Failure::of(
            Case::NoSecret,
            said.reconnect(
                "Kit rejected the API Secret",
                "In Kit, open Settings > Developer, copy the API Secret (not the API Key) and connect again.",
            ),
        ),
        (AuthKind::Key, true) => said
            .reconnect(
                "Kit rejected the V4 API Key",
                "In Kit, open Settings > Developer, add a V4 API key and connect again.",
            )
            .into(),
        (AuthKind::Key, false) => Setback::reconnect(
            "This is not a V4 API Key: V4 keys begin with kit_. It looks like the API Key or API Secret of V3.",
            "Choose API Secret as the connection method, or add a V4 API key in Settings > Developer in Kit.",
        )
        .into(),
        (AuthKind::Token, _) => {
            said.reconnect("Kit rejected the login", "Connect the account with your Kit login again.").into()
        }
    }
}

#[cfg(test)]
mod tests {
    use connector::testing::assert_told_apart;

    use super::*;

    #[test]
    fn what_kit_says_is_told_apart() {
        assert_told_apart(
            REJECTIONS,
            &[
                (&["Error: Transaction has already been taken"], "transaction…already"),
                (&["Transaction ID is taken"], "transaction…taken"),
                (&["Duplicate transaction"], "duplicate transaction"),
                (&["Unprocessable Entity: Tag name already exists"], "already exist"),
                (&["Name has already been taken"], "already been taken"),
                (&["Error: Email address is invalid"], "email…invalid"),
                (&["Email address does not exist or is not valid"], "email…not valid"),
                (&["Invalid email: not found"], "invalid email"),
                (&["That is not a valid email"], "not a valid email"),
                (&["Not Found"], "not found"),
                (&["Unprocessable Entity: Tag does not exist"], "not exist"),
                (&["Not Found: The entity you were trying to find doesn't exist"], "n't exist"),
            ],
        );
    }
}
