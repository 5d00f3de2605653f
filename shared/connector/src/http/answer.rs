//! What a server answered.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use super::error::HttpError;
use super::retry_after::retry_after;

/// A whole answer: status, headers, and the body or its beginning.
pub struct Answer {
    /// Who answered.
    pub host: String,
    /// The status.
    pub status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What to do with a body that is longer than the limit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Beyond {
    /// An app's answer is of no use in part.
    Refuse,
    /// A webhook's receiver may answer what it likes; we need the beginning at most.
    Cut,
}

impl Answer {
    /// Reads the answer to its end, or to the limit.
    pub(crate) async fn read(
        host: String,
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
                // The status is all that we need from a receiver, and it has come.
                Err(_) if matches!(beyond, Beyond::Cut) => break,
                Err(error) => return Err(HttpError::of(host, error)),
            }
            if body.len() > limit {
                match beyond {
                    Beyond::Refuse => return Err(HttpError::TooLarge { host, limit }),
                    Beyond::Cut => {
                        body.truncate(limit);
                        break;
                    }
                }
            }
        }
        Ok(Self { host, status, headers, body })
    }

    /// A header's value, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The time that `Retry-After` names.
    pub fn retry_after(&self, now: Timestamp) -> Option<Timestamp> {
        retry_after(self.header(RETRY_AFTER.as_str())?, now)
    }

    /// Whether there is no body.
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// When to call again: at the time that `Retry-After` names, or after `pause`.
    pub fn call_again(&self, now: Timestamp, pause: SignedDuration) -> Timestamp {
        self.retry_after(now).unwrap_or_else(|| now.saturating_add(pause).unwrap_or(Timestamp::MAX))
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`HttpError::Unreadable`] when it is something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        // serde's message would quote the body, which may hold a buyer's data.
        serde_json::from_slice(&self.body).map_err(|_| self.unreadable())
    }

    /// What to take it for where it is not what the app answers: a page of whatever stands before the app, say.
    pub fn unreadable(&self) -> HttpError {
        HttpError::Unreadable { host: self.host.clone(), status: self.status }
    }

    /// The beginning of the body, at most `length` characters, on one line and without control characters.
    pub fn excerpt(&self, length: usize) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(length.saturating_mul(8))]);
        let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ").chars().take(length).collect()
    }
}

impl fmt::Debug for Answer {
    /// Without headers and body: they may hold secrets and a buyer's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("host", &self.host)
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
            host: "hooks.example.com".into(),
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: body.into(),
        }
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(answer("  no\r\n\tsuch\u{0} hook\u{1b}[31m ").excerpt(200), "no such hook [31m");
        assert_eq!(answer(&"é".repeat(500)).excerpt(200), "é".repeat(200));
        assert_eq!(answer("").excerpt(200), "");
    }

    #[test]
    fn neither_an_error_nor_debug_quotes_the_body() {
        let answer = answer(r#"{"email":"ada@example.com"}"#);
        let error = answer.json::<Vec<u8>>().unwrap_err();
        assert!(!format!("{error} {error:?} {answer:?}").contains("ada@"), "{error:?} {answer:?}");
    }
}
