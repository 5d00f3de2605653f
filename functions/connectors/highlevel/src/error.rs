//! Maps HighLevel's error responses to failures. <https://marketplace.gohighlevel.com/docs/oauth/Faqs>

use connector::failure::{self, Field, Rejection, Said};
use connector::http::{Answer, StatusCode};
use domain::outcome::Setback;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// The interval of HighLevel's rate limit, if the response names none.
const INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// The longest interval that is accepted from a response.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// The wait after a location used up its daily calls. HighLevel does not document when its day ends.
const DAY_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// A contact's phone number in requests and responses.
pub const PHONE: &str = "phone";

/// The fields of a contact that an error may name.
const FIELDS: [&str; 9] =
    ["email", "phone", "firstName", "lastName", "address1", "city", "state", "postalCode", "country"];

/// The reason that a call failed.
pub type Failure = failure::Failure<Case>;

/// The failures that actions handle differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// There is no contact with this id.
    NoContact,
}

/// The reasons that HighLevel gives for a 401.
pub const UNAUTHORIZED: &[Rejection<Case>] = &[
    Rejection::new(&["type mismatch"], None, |said| {
        said.reconnect(
            "The connection is not to a HighLevel location",
            "Connect again and choose the location (sub-account), not the agency.",
        )
    }),
    Rejection::new(&["not authorized for this scope"], None, |said| {
        said.reconnect(
            "The connection lacks a permission in HighLevel",
            "Connect again and approve everything that HighLevel lists.",
        )
    }),
];

/// The reasons that HighLevel gives for rejecting a request.
pub const REJECTIONS: &[Rejection<Case>] = &[
    Rejection::new(&["contact with id…not found"], Some(Case::NoContact), Said::request_rejected),
    Rejection::new(&["email must be", "invalid email"], None, Said::address_rejected),
];

/// HighLevel's error document.
struct Problem {
    /// `message`, which is a list in a 422, or otherwise `error`.
    messages: Vec<String>,
    meta: Value,
}

impl Problem {
    fn read(answer: &Answer) -> Option<Self> {
        let mut body: Value = answer.json().ok()?;
        let texts = |value: &Value| -> Vec<String> {
            let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            list.iter().filter_map(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned).collect()
        };
        let messages = [texts(&body["message"]), texts(&body["error"])];
        let messages = messages.into_iter().find(|texts| !texts.is_empty())?;
        Some(Self { messages, meta: body["meta"].take() })
    }

    fn words(&self) -> String {
        self.messages.join("; ")
    }

    fn failure(&self, said: &Said) -> Failure {
        // The location does not allow duplicates.
        if self.meta["contactId"].is_string() {
            let field = Field { name: PHONE.to_owned(), why: "another contact has it".to_owned() };
            return Failure { fields: [field].into(), ..said.request_rejected().into() };
        }
        let failure = match Rejection::find(REJECTIONS, &[&self.words()]) {
            Some(rejection) => rejection.failure(said),
            None => said.request_rejected().into(),
        };
        Failure { fields: self.fields(), ..failure }
    }

    /// The fields that the messages name, such as `phone` in "phone must be a valid number".
    fn fields(&self) -> Box<[Field]> {
        let named = |message: &String| {
            let words: Vec<String> =
                message.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
            let is_named = |name: &&str| words.contains(&name.to_lowercase());
            let field = |name: &str| Field { name: name.to_owned(), why: message.clone() };
            FIELDS.into_iter().filter(is_named).map(field).collect::<Vec<_>>()
        };
        self.messages.iter().flat_map(named).collect()
    }
}

/// Reads an error response.
pub(crate) fn failure(answer: &Answer, now: Timestamp) -> Failure {
    let number = |name: &str| answer.header(name).and_then(|value| value.trim().parse::<i64>().ok());
    if answer.status == StatusCode::TOO_MANY_REQUESTS && number("x-ratelimit-daily-remaining") == Some(0) {
        let message = "The location has used up HighLevel's daily limit of calls.";
        return Setback::rate_limited(answer.call_again(now, DAY_PAUSE), message).into();
    }
    let interval = number("x-ratelimit-interval-milliseconds").map_or(INTERVAL, SignedDuration::from_millis);
    if let Some(setback) = answer.passing(now, interval.clamp(SignedDuration::from_secs(1), LONGEST)) {
        return setback.into();
    }
    let problem = Problem::read(answer);
    let said =
        problem.as_ref().map_or_else(|| Said::of(answer), |problem| Said::new(answer, &problem.words()));
    match (answer.status, problem) {
        (StatusCode::UNAUTHORIZED, _) => match Rejection::find(UNAUTHORIZED, &[said.words()]) {
            Some(rejection) => rejection.failure(&said),
            None => said
                .reconnect(
                    "HighLevel rejected the connection",
                    "Connect again; the app may have been removed from the location in HighLevel.",
                )
                .into(),
        },
        (StatusCode::FORBIDDEN, Some(_)) => said
            .reconnect(
                "HighLevel does not allow access to the location",
                "Check in HighLevel that the location is active and has the app installed, then connect again and choose it.",
            )
            .into(),
        (status, Some(problem)) if status.is_client_error() => problem.failure(&said),
        (_, _) => answer.unreadable().into(),
    }
}

#[cfg(test)]
mod tests {
    use connector::testing::assert_told_apart;

    use super::*;

    #[test]
    fn what_highlevel_says_is_told_apart() {
        assert_told_apart(
            UNAUTHORIZED,
            &[
                (&["Token's user type mismatch!"], "type mismatch"),
                (&["The token is not authorized for this scope."], "not authorized for this scope"),
            ],
        );
        assert_told_apart(
            REJECTIONS,
            &[
                (&["Contact with id c1 not found"], "contact with id…not found"),
                (&["email must be an email"], "email must be"),
                (&["Invalid email"], "invalid email"),
            ],
        );
    }
}
