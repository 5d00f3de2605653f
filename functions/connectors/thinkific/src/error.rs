//! What Thinkific refuses, by what we do about it.
//! <https://support.thinkific.dev/hc/en-us/articles/4422657182743-REST-API-Response-Format>

use connector::fault::Fault;
use connector::http::{Answer, StatusCode};
use domain::app::App;
use domain::outcome::Setback;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// How long we leave a site alone that is called too often and names no time: its limit is by the minute.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// The longest wait that `RateLimit-Reset` is believed, for the same reason.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// How an account is connected, because the way back in differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// With API key and subdomain.
    Key,
    /// By OAuth.
    OAuth,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What any app may answer, and what may keep us from asking.
    #[error(transparent)]
    Fault(Fault),
    /// Hold: 401. Key, subdomain or token is wrong or withdrawn, and Thinkific does not say which; a plan without API
    /// is refused the same way.
    #[error("Thinkific refuses the credentials: {detail}")]
    Unauthorized {
        /// How it was called.
        way: Way,
        /// Thinkific's words.
        detail: String,
    },
    /// Hold: 403, the site's plan has no API or no apps.
    #[error("the site's plan does not allow this: {detail}")]
    Plan {
        /// Thinkific's words.
        detail: String,
    },
    /// Hold: 403, our app or its token may not do this.
    #[error("our app may not do this: {detail}")]
    Scope {
        /// Thinkific's words.
        detail: String,
    },
    /// Hold: 403 for a reason of its own.
    #[error("Thinkific forbids the call: {detail}")]
    Forbidden {
        /// Thinkific's words.
        detail: String,
    },
    /// Find out what: 404, an enrollment or a bundle.
    #[error("Thinkific has no such thing")]
    NotFound,
    /// Give up: 422, the course is not there.
    #[error("Thinkific has no such course")]
    UnknownCourse,
    /// Try later: 422, the account that we had just found is gone. The next attempt makes another.
    #[error("Thinkific has no such user")]
    UnknownUser,
    /// Look again: 422, what was to be made is there.
    #[error("Thinkific has it already: {detail}")]
    Taken {
        /// Thinkific's words.
        detail: String,
    },
    /// Give up: 422, Thinkific takes it for no address.
    #[error("the address is refused: {detail}")]
    InvalidAddress {
        /// Thinkific's words.
        detail: String,
    },
    /// Give up: 422 for anything else.
    #[error("Thinkific does not take the values: {detail}")]
    Invalid {
        /// Which and why, in Thinkific's words.
        detail: String,
    },
    /// Give up: any other 4xx.
    #[error("Thinkific refuses the call: {detail}")]
    Refused {
        /// Thinkific's words.
        detail: String,
    },
    /// Give up: a setting is no id of Thinkific's.
    #[error("`{key}` is `{value}`, which is no number")]
    NoId {
        /// The setting.
        key: &'static str,
        /// As the rule has it.
        value: String,
    },
}

impl<E: Into<Fault>> From<E> for Error {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

/// The body of a refusal: `error` with a text, or `errors` with a list of texts or with texts by field.
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

    /// Its own words with the fields they are about, short enough for a log.
    fn words(&self) -> String {
        let mut words: Vec<String> = self.error.iter().cloned().collect();
        collect(&self.errors, "", &mut words);
        words.join(" ").chars().take(300).collect()
    }

    fn is_about(&self, field: &str) -> bool {
        let list = self.errors.as_array().map_or(std::slice::from_ref(&self.errors), Vec::as_slice);
        list.iter().any(|errors| errors.get(field).is_some())
    }

    /// What a 422 means.
    fn invalid(&self) -> Error {
        let detail = self.words();
        let says = |words: &str| detail.to_lowercase().contains(words);
        if says("course could not be found") {
            Error::UnknownCourse
        } else if says("user could not be found") {
            Error::UnknownUser
        } else if says("already") {
            Error::Taken { detail }
        } else if self.is_about("email") {
            Error::InvalidAddress { detail }
        } else {
            Error::Invalid { detail }
        }
    }
}

/// The texts in `errors`, however they are nested.
fn collect(errors: &Value, field: &str, words: &mut Vec<String>) {
    match errors {
        Value::String(text) if field.is_empty() => words.push(text.clone()),
        Value::String(text) => words.push(format!("{field}: {text}")),
        Value::Array(list) => list.iter().for_each(|item| collect(item, field, words)),
        Value::Object(fields) => fields.iter().for_each(|(field, item)| collect(item, field, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Reads `RateLimit-Reset`. The vendor calls it a time since 1970 on one page and milliseconds on another; it has been
/// seen in both units. A number that is neither, a span of unknown unit perhaps, is not believed.
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
    // A time in the past means "now", and now would be a busy loop.
    (wait <= LONGEST).then(|| now.saturating_add(wait.max(SignedDuration::from_secs(1))).unwrap_or(now))
}

impl Error {
    /// Sorts an answer that is no success.
    pub(crate) fn of(answer: &Answer, way: Way, now: Timestamp) -> Self {
        let reset = answer.header("ratelimit-reset").and_then(|value| reset(value, now));
        let fault = match (answer.status, reset) {
            (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(until)) => {
                Some(answer.limited_until(until).into())
            }
            _ => Fault::of(answer, now, PAUSE),
        };
        if let Some(fault) = fault {
            return Self::Fault(fault);
        }
        let problem = Problem::read(answer);
        let detail = problem.as_ref().map_or_else(|| answer.excerpt(300), Problem::words);
        let says = |words: &[&str]| words.iter().any(|word| detail.to_lowercase().contains(word));
        match answer.status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized { way, detail },
            // How the limit was told before there was a 429.
            StatusCode::FORBIDDEN if says(&["rate limit exceeded"]) => {
                let until = reset.unwrap_or_else(|| answer.call_again(now, PAUSE));
                answer.limited_until(until).into()
            }
            StatusCode::FORBIDDEN if says(&["on your plan"]) => Self::Plan { detail },
            StatusCode::FORBIDDEN if says(&["permission", "scope"]) => Self::Scope { detail },
            StatusCode::FORBIDDEN if problem.is_some() => Self::Forbidden { detail },
            StatusCode::NOT_FOUND if problem.is_some() => Self::NotFound,
            status => match problem {
                Some(problem) if status == StatusCode::UNPROCESSABLE_ENTITY => problem.invalid(),
                Some(_) if status.is_client_error() => Self::Refused { detail },
                // A page of whatever stands before Thinkific.
                Some(_) | None => answer.unreadable().into(),
            },
        }
    }

    /// Whether Thinkific answered 422 to what was to be made.
    pub fn is_invalid(&self) -> bool {
        match self {
            Self::Taken { .. } | Self::InvalidAddress { .. } | Self::Invalid { .. } => true,
            Self::Fault(_)
            | Self::Unauthorized { .. }
            | Self::Plan { .. }
            | Self::Scope { .. }
            | Self::Forbidden { .. }
            | Self::NotFound
            | Self::UnknownCourse
            | Self::UnknownUser
            | Self::Refused { .. }
            | Self::NoId { .. } => false,
        }
    }
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        match error {
            Error::Fault(fault) => fault.setback(App::Thinkific),
            Error::Unauthorized { way: Way::Key, detail } => Self::reconnect(
                format!(
                    "Thinkific refuses the API key and subdomain, and does not say which of the two. It says: {detail}"
                ),
                "Copy both from Settings > Code & analytics > API of the same site and connect again. The site's plan must have access to the API.",
            ),
            Error::Unauthorized { way: Way::OAuth, detail } => Self::reconnect(
                format!("Thinkific does not let us into the site any more. It says: {detail}"),
                "Connect again; the app may have been removed from the site.",
            ),
            Error::Plan { detail } => Self::reconnect(
                format!("Your Thinkific plan does not let other apps in. It says: {detail}"),
                "Change to a Thinkific plan with access to apps and the API, then connect again.",
            ),
            Error::Scope { detail } => Self::reconnect(
                format!("Thinkific does not let us do this with the site. It says: {detail}"),
                "Connect again and allow what is asked for: to see courses and products, and to change users and enrollments.",
            ),
            Error::Forbidden { detail } => Self::reconnect(
                format!("Thinkific forbids this. It says: {detail}"),
                "See that the site is active and its plan has access to the API, then connect again.",
            ),
            Error::NotFound => Self::rejected(
                "Thinkific does not have what was asked for.",
                "Choose Refresh, then edit the rule and choose again.",
            ),
            Error::UnknownCourse => Self::rejected(
                "The course is not in this Thinkific site (any more).",
                "Choose Refresh, then edit the rule and choose another course.",
            ),
            Error::UnknownUser => {
                Self::not_yet("The contact's account was removed from Thinkific meanwhile.")
            }
            Error::Taken { detail } => Self::not_yet(format!(
                "Thinkific has this already, but does not show it yet. It says: {detail}"
            )),
            Error::InvalidAddress { detail } => Self::rejected(
                format!("Thinkific does not take the e-mail address. It says: {detail}"),
                "Correct the address with your customer and enroll them by hand.",
            ),
            Error::Invalid { detail } => Self::rejected(
                format!("Thinkific does not take this as it is. It says: {detail}"),
                "If the message does not help, try the same by hand in Thinkific.",
            ),
            Error::Refused { detail } => Self::rejected(
                format!("Thinkific refuses this. It says: {detail}"),
                "If the message does not help, choose Refresh and compare the rule with what is in Thinkific.",
            ),
            Error::NoId { value, .. } => Self::rejected(
                format!("`{value}` is no course or bundle of Thinkific's: those have numbers."),
                "Choose Refresh, then edit the rule and choose one from the list.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
