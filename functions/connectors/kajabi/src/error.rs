//! Maps Kajabi's error responses to failures.

use connector::failure::{self, Field, Said};
use connector::http::{Answer, StatusCode};
use domain::outcome::Setback;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// The wait after a 429 without a time. Kajabi documents no limit.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// The reason that a call failed.
pub type Failure = failure::Failure<Case>;

/// The failures that actions handle differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// 404: a record of the call does not exist.
    NotFound,
    /// 403: the key's user lacks the permission.
    Forbidden,
    /// 422: a contact with this address exists, or Kajabi rejects the contact.
    Unprocessable,
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

/// The error document of the token endpoint.
#[derive(Deserialize)]
struct TokenProblem {
    error: String,
}

impl Problem {
    /// The text, and the name of the field that it concerns; the name is empty if there is none.
    fn field(&self) -> Field {
        let words = self.detail.as_ref().or(self.title.as_ref()).cloned().unwrap_or_default();
        let pointer = self.source.as_ref().and_then(|source| source.pointer.as_deref());
        let name = pointer.and_then(|pointer| pointer.rsplit('/').next()).unwrap_or_default();
        Field { name: name.to_owned(), why: words }
    }
}

impl Document {
    fn read(answer: &Answer) -> Option<Self> {
        answer.json().ok().filter(|document: &Self| !document.errors.is_empty())
    }

    fn fields(&self) -> Box<[Field]> {
        self.errors.iter().map(Problem::field).collect()
    }

    /// The error's text, with the fields that it points at.
    fn words(&self) -> String {
        let words = self.fields().into_iter().map(|Field { name, why }| match name.as_str() {
            "" => why,
            name => format!("{name}: {why}"),
        });
        words.collect::<Vec<_>>().join("; ")
    }
}

/// Reads an error response of the API.
pub(crate) fn failure(answer: &Answer, now: Timestamp) -> Failure {
    if let Some(setback) = answer.passing(now, PAUSE) {
        return setback.into();
    }
    let document = Document::read(answer);
    let said =
        document.as_ref().map_or_else(|| Said::of(answer), |document| Said::new(answer, &document.words()));
    match (answer.status, document) {
        (StatusCode::UNAUTHORIZED, _) => said
            .reconnect(
                "Kajabi issued an access token for the API key and then rejected it",
                "Create a new user API key in Kajabi (Settings > Public API) and connect again.",
            )
            .into(),
        (StatusCode::NOT_FOUND, document) if document.is_some() || answer.is_empty() => {
            Failure::of(Case::NotFound, said.request_rejected())
        }
        // The response is not from the API but from a proxy in front of it.
        (_, None) => answer.unreadable().into(),
        (StatusCode::FORBIDDEN, Some(_)) => {
            let statement = "Kajabi does not allow this with the API key";
            let hint = "Check that your plan has API access, and that the key's permissions include sites, offers and contacts; then connect again.";
            Failure::of(Case::Forbidden, said.reconnect(statement, hint))
        }
        (StatusCode::UNPROCESSABLE_ENTITY, Some(document)) => {
            let fields = document.fields();
            let is_address = fields.iter().any(|field| field.name == "email");
            let rejected = if is_address { said.address_rejected() } else { said.request_rejected() };
            Failure { fields, ..Failure::of(Case::Unprocessable, rejected) }
        }
        (_, Some(_)) => said.request_rejected().into(),
    }
}

/// Reads a 404 after Kajabi has just returned `what`.
pub(crate) fn missing(what: &'static str) -> impl Fn(Failure) -> Failure {
    move |failure| match failure.case {
        Some(Case::NotFound) => {
            Setback::precondition_missing(format!("Kajabi no longer finds {what}.")).into()
        }
        Some(Case::Forbidden | Case::Unprocessable) | None => failure,
    }
}

/// Reads an error response of the token endpoint.
pub(crate) fn token_failure(answer: &Answer, now: Timestamp) -> Failure {
    if let Some(setback) = answer.passing(now, PAUSE) {
        return setback.into();
    }
    let words = answer.json().ok().map(|TokenProblem { error }| error);
    let words = words.or_else(|| Document::read(answer).map(|document| document.words()));
    let said = words.map(|words| Said::new(answer, &words));
    let said = said.or_else(|| (answer.status == StatusCode::UNAUTHORIZED).then(|| Said::of(answer)));
    let hint = "Copy both from the same user API key in Kajabi (Settings > Public API), or create a new one, and connect again.";
    said.map_or_else(
        || answer.unreadable().into(),
        |said| said.reconnect("Kajabi rejected the API key or its secret", hint).into(),
    )
}

/// Reads an error response of an offer's URL.
pub(crate) fn url_failure(answer: &Answer, now: Timestamp) -> Failure {
    if let Some(setback) = answer.passing(now, PAUSE) {
        return setback.into();
    }
    let said = Said::of(answer);
    match answer.status {
        status @ (StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::GONE) => Setback::reconnect(
            format!("Kajabi rejected the offer's activation or deactivation URL ({status})."),
            "Check in Kajabi that the offer and its webhooks still exist, copy the URLs and connect again.",
        )
        .into(),
        status if status.is_client_error() => {
            let is_name = said.words().to_lowercase().contains("name:");
            let name = Field { name: "name".to_owned(), why: said.words().to_owned() };
            Failure {
                fields: is_name.then_some(name).into_iter().collect(),
                ..said.request_rejected().into()
            }
        }
        _ => answer.unreadable().into(),
    }
}
