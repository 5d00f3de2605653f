//! A server's HTTP response.

use std::fmt;

use domain::outcome::Setback;
use domain::time;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::error::{Cause, HttpError};
use super::retry_after::retry_after;
use crate::preview::placeholder;
use crate::redact;

/// How many bytes of a body are read to quote its beginning.
const EXCERPT: usize = 64 << 10;

/// A whole response: status, headers, and the body or its beginning.
#[must_use = "a firewall's page can have any status: read the body, or check that it is an API's"]
pub struct Answer {
    /// The label of the server: the app's name, or a receiver's host.
    pub who: String,
    /// The HTTP status.
    pub status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    /// In a preview, the number of the request, whose answer has placeholders.
    previewed: Option<usize>,
}

/// How a body that is longer than the limit is handled.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Beyond {
    /// An error: a part of an app's response is of no use.
    Refuse,
    /// The rest is ignored: a webhook's receiver may respond with any body, and only its beginning is quoted.
    Cut,
}

impl Answer {
    /// Reads the response to its end, or to the limit.
    pub(crate) async fn read(
        who: String,
        mut response: Response,
        limit: usize,
        beyond: Beyond,
    ) -> Result<Self, HttpError> {
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                // Only the status of a receiver's response matters, and it has arrived.
                Err(_) if matches!(beyond, Beyond::Cut) => break,
                Err(error) => return Err(HttpError::of(who, error)),
            }
            if body.len() > limit {
                match beyond {
                    Beyond::Refuse => return Err(HttpError { who, cause: Cause::TooLarge(limit) }),
                    Beyond::Cut => {
                        body.truncate(limit);
                        break;
                    }
                }
            }
        }
        Ok(Self { who, status, headers, body, previewed: None })
    }

    /// The answer to a request of a preview, from 1.
    pub(crate) fn previewed(who: String, number: usize) -> Self {
        let (headers, body) = (HeaderMap::new(), Vec::new());
        Self { who, status: StatusCode::OK, headers, body, previewed: Some(number) }
    }

    /// A header's value, if the header is present and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The time in the `Retry-After` header.
    pub fn retry_after(&self, now: Timestamp) -> Option<Timestamp> {
        retry_after(self.header(RETRY_AFTER.as_str())?, now)
    }

    /// Whether the body is empty.
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// When to call again: at the time in the `Retry-After` header, or after `pause`.
    pub fn call_again(&self, now: Timestamp, pause: SignedDuration) -> Timestamp {
        self.retry_after(now).unwrap_or_else(|| time::after(now, pause))
    }

    /// Whether the request was recorded for a preview instead of being sent.
    pub fn is_previewed(&self) -> bool {
        self.previewed.is_some()
    }

    /// In a preview, the placeholder for the value at a JSON pointer.
    pub fn placeholder(&self, pointer: &str) -> Option<String> {
        placeholder::named(self.previewed?, &pointer.trim_start_matches('/').replace('/', "."))
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`Cause::Unreadable`]: the body is not the expected JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        if let Some(number) = self.previewed {
            return placeholder::answer(number).map_err(|_| self.unreadable());
        }
        // serde's message would quote the body, which may hold a buyer's data.
        serde_json::from_slice(&self.body).map_err(|_| self.unreadable())
    }

    /// A success whose body has nothing to read: the API's body is empty or JSON. A firewall's page with status 200 is
    /// neither.
    ///
    /// # Errors
    /// [`Cause::Unreadable`]: the body is something else.
    pub fn acknowledged(&self) -> Result<(), HttpError> {
        if self.is_empty() { Ok(()) } else { self.json::<IgnoredAny>().map(drop) }
    }

    /// Whether the body is a web page.
    pub fn is_page(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"<")
    }

    /// The error of a response that does not come from the API, such as a firewall's page.
    pub fn unreadable(&self) -> HttpError {
        let cause = Cause::Unreadable { status: self.status, is_page: self.is_page() };
        HttpError { who: self.who.clone(), cause }
    }

    /// The setback of a response that has the same meaning for every app: a rate limit, or a temporary fault. `None`:
    /// the app's connector reads it. `pause` is the wait if a 429 contains no time.
    pub fn passing(&self, now: Timestamp, pause: SignedDuration) -> Option<Setback> {
        match self.status {
            StatusCode::TOO_MANY_REQUESTS => Some(self.limited(now, pause)),
            StatusCode::SERVICE_UNAVAILABLE if self.retry_after(now).is_some() => {
                Some(self.limited(now, pause))
            }
            status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                Some(Setback::transient(format!("{} answered {status}.", self.who)))
            }
            _ => None,
        }
    }

    /// The setback of a rate limit: until the time in the `Retry-After` header, or for `pause`.
    pub fn limited(&self, now: Timestamp, pause: SignedDuration) -> Setback {
        self.limited_until(self.call_again(now, pause))
    }

    /// The setback of a rate limit that ends at `until`.
    pub fn limited_until(&self, until: Timestamp) -> Setback {
        Setback::rate_limited(until, format!("{}'s rate limit allows no more calls for now.", self.who))
    }

    /// The beginning of the body, at most `length` characters, on one line and without control characters.
    pub fn excerpt(&self, length: usize) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(EXCERPT)]);
        let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        redact::beginning(words.collect::<Vec<_>>().join(" "), length)
    }
}

impl fmt::Debug for Answer {
    /// Shows neither headers nor body: they may hold secrets and a buyer's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("who", &self.who)
            .field("status", &self.status.as_u16())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer {
            who: "hooks.example.com".into(),
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: body.into(),
            previewed: None,
        }
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(answer("  no\r\n\tsuch\u{0} hook\u{1b}[31m ").excerpt(200), "no such hook [31m");
        assert_eq!(answer(&"é".repeat(500)).excerpt(200), "é".repeat(200));
        assert_eq!(answer("").excerpt(200), "");
    }

    #[test]
    fn a_page_acknowledges_nothing() {
        for body in ["", "{}", r#"{"id":1}"#, " null\n"] {
            assert!(answer(body).acknowledged().is_ok(), "{body}");
        }
        for body in ["<html>", "OK", " ", "{"] {
            assert!(answer(body).acknowledged().is_err(), "{body}");
        }
    }

    #[test]
    fn neither_an_error_nor_debug_quotes_the_body() {
        let answer = answer(r#"{"email":"ada@example.com"}"#);
        let error = answer.json::<Vec<u8>>().unwrap_err();
        assert!(!format!("{error} {error:?} {answer:?}").contains("ada@"), "{error:?} {answer:?}");
    }
}
