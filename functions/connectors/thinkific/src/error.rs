//! Maps Thinkific's error responses to failures.
//! <https://support.thinkific.dev/hc/en-us/articles/4422657182743-REST-API-Response-Format>

use connector::failure::{self, Field, Rejection, Said, gone};
use connector::http::{Answer, StatusCode};
use domain::app::App;
use domain::outcome::Setback;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// The wait if Thinkific returns no time: its limit applies per minute.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// The longest wait that is accepted from `RateLimit-Reset`, because the limit applies per minute.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// The reason that a call failed.
pub type Failure = failure::Failure<Case>;

/// The failures that actions handle differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// 404: the enrollment or bundle does not exist.
    NotFound,
    /// 422: the record to create is invalid or exists.
    Invalid,
}

/// The connection method, because the hint to the merchant after a 401 depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthKind {
    /// With API key and subdomain.
    Key,
    /// By OAuth.
    OAuth,
}

/// The reasons that Thinkific gives for a 403.
pub const FORBIDDEN: &[Rejection<Case>] = &[
    Rejection::new(&["on your plan"], None, |said| {
        said.reconnect(
            "Your Thinkific plan does not allow access by other apps",
            "Change to a Thinkific plan with access to apps and the API, then connect again.",
        )
    }),
    Rejection::new(&["does not have permission", "insufficient scope"], None, |said| {
        said.reconnect(
                "The connection lacks a permission in Thinkific",
                "Connect again and allow the requested permissions: to see courses and products, and to change users and enrollments.",
            )
    }),
];

/// The reasons that Thinkific gives for an invalid record.
pub const INVALID: &[Rejection<Case>] = &[
    Rejection::new(&["course could not be found"], Some(Case::Invalid), |_| gone(App::THINKIFIC, "course")),
    Rejection::new(&["user could not be found"], Some(Case::Invalid), |_| {
        Setback::precondition_missing("The contact's account has since been removed from Thinkific.")
    }),
    Rejection::new(&["already enrolled", "already been taken"], Some(Case::Invalid), |said| {
        said.not_yet("Thinkific already has this record but does not return it yet")
    }),
];

/// The body of a rejection: `error` with a text, or `errors` with a list of texts or with texts by field.
#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    errors: Value,
}

impl Problem {
    fn read(answer: &Answer) -> Option<Self> {
        let problem: Self = answer.json().ok()?;
        (problem.error.is_some() || !problem.errors.is_null()).then_some(problem)
    }

    /// The error's text, with the fields that it names.
    fn words(&self) -> String {
        let fields = self.fields().into_iter().map(|Field { name, why }| match name.as_str() {
            "" => why,
            name => format!("{name}: {why}"),
        });
        self.error.iter().cloned().chain(fields).collect::<Vec<_>>().join(" ")
    }

    /// The texts in `errors` by field; a text without a field has an empty name.
    fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        collect(&self.errors, "", &mut fields);
        fields
    }

    /// The failure for a 422.
    fn invalid(&self, said: &Said) -> Failure {
        let fields = self.fields();
        let failure = match Rejection::find(INVALID, &[&self.words()]) {
            Some(rejection) => rejection.failure(said),
            None if fields.iter().any(|field| field.name == "email") => {
                Failure::of(Case::Invalid, said.address_rejected())
            }
            None => Failure::of(Case::Invalid, said.request_rejected()),
        };
        Failure { fields, ..failure }
    }
}

/// The texts in `errors`, at any depth.
fn collect(errors: &Value, field: &str, fields: &mut Vec<Field>) {
    match errors {
        Value::String(text) => fields.push(Field { name: field.to_owned(), why: text.clone() }),
        Value::Array(list) => list.iter().for_each(|item| collect(item, field, fields)),
        Value::Object(named) => named.iter().for_each(|(field, item)| collect(item, field, fields)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Reads `RateLimit-Reset`. The vendor documents a time since 1970 on one page and milliseconds on another, and both
/// units have been observed. Any other number, which may be a duration of unknown unit, is ignored.
/// <https://support.thinkific.dev/hc/en-us/articles/4422684774935-REST-API-Rate-Limits>
fn reset(value: &str, now: Timestamp) -> Option<Timestamp> {
    let digits = value.trim();
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
    let at = match digits.len() {
        13 => Timestamp::from_millisecond(number),
        10 => Timestamp::from_second(number),
        _ => return None,
    };
    let wait = at.ok()?.duration_since(now);
    // A time in the past means "now", which would cause a busy loop.
    (wait <= LONGEST).then(|| now.saturating_add(wait.max(SignedDuration::from_secs(1))).unwrap_or(now))
}

/// Reads an error response.
pub(crate) fn failure(answer: &Answer, auth: AuthKind, now: Timestamp) -> Failure {
    let problem = Problem::read(answer);
    let said =
        problem.as_ref().map_or_else(|| Said::of(answer), |problem| Said::new(answer, &problem.words()));
    let reset = answer.header("ratelimit-reset").and_then(|value| reset(value, now));
    let is_limit = match answer.status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::SERVICE_UNAVAILABLE => reset.is_some(),
        // The rate limit's error before Thinkific introduced the 429.
        StatusCode::FORBIDDEN => said.words().to_lowercase().contains("rate limit exceeded"),
        _ => false,
    };
    let setback = match reset.filter(|_| is_limit) {
        Some(until) => Some(answer.limited_until(until)),
        None if is_limit => Some(answer.limited(now, PAUSE)),
        None => answer.passing(now, PAUSE),
    };
    if let Some(setback) = setback {
        return setback.into();
    }
    match (answer.status, problem) {
        (StatusCode::UNAUTHORIZED, _) => match auth {
            AuthKind::Key => said.reconnect(
                "Thinkific rejected the API key and subdomain, without stating which is wrong",
                "Copy both from Settings > Code & analytics > API of the same site and connect again. The site's plan must have access to the API.",
            ),
            AuthKind::OAuth => said.reconnect(
                "Thinkific rejected the connection",
                "Connect again; the app may have been removed from the site.",
            ),
        }
        .into(),
        (StatusCode::FORBIDDEN, Some(_)) => match Rejection::find(FORBIDDEN, &[said.words()]) {
            Some(rejection) => rejection.failure(&said),
            None => said
                .reconnect(
                    "Thinkific does not allow the call",
                    "Check that the site is active and its plan has access to the API, then connect again.",
                )
                .into(),
        },
        (StatusCode::NOT_FOUND, Some(_)) => Failure::of(Case::NotFound, said.request_rejected()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some(problem)) => problem.invalid(&said),
        (status, Some(_)) if status.is_client_error() => said.request_rejected().into(),
        // A page of a proxy in front of Thinkific.
        (_, _) => answer.unreadable().into(),
    }
}

#[cfg(test)]
mod tests {
    use connector::testing::assert_told_apart;

    use super::*;

    #[test]
    fn what_thinkific_says_is_told_apart() {
        let plan = "Access to Apps is not available on your plan. Upgrade to gain access";
        let permission = "App does not have permission to perform this action";
        assert_told_apart(
            FORBIDDEN,
            &[
                (&[plan], "on your plan"),
                (&[permission], "does not have permission"),
                (&["Access token has insufficient scope."], "insufficient scope"),
            ],
        );
        assert_told_apart(
            INVALID,
            &[
                (&["Course could not be found. User could not be found."], "course could not be found"),
                (&["User could not be found."], "user could not be found"),
                (&["User is already enrolled in this course."], "already enrolled"),
                (&["email: has already been taken"], "already been taken"),
            ],
        );
    }

    #[test]
    fn a_reset_is_read_in_milliseconds_and_in_seconds_and_believed_for_an_hour() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        for (value, expected) in [
            ("1795255230500", Some("2026-11-21T10:00:30.5Z")),
            (" 1795255230 ", Some("2026-11-21T10:00:30Z")),
            ("1795255140000", Some("2026-11-21T10:00:01Z")),
            ("1795258800", Some("2026-11-21T11:00:00Z")),
            ("1795258801", None),
            ("30", None),
            ("1795255230500000", None),
            ("-179525523050", None),
            ("-1795255230", None),
            ("soon", None),
            ("", None),
        ] {
            let expected: Option<Timestamp> = expected.map(|text| text.parse().unwrap());
            assert_eq!(reset(value, now), expected, "{value:?}");
        }
    }
}
