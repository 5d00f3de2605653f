//! Answers to requests that are recorded for a preview instead of being sent.

use reqwest::{Request, StatusCode};

use super::answer::Answer;
use super::error::{Cause, HttpError};
use crate::preview::recording::{self, Full};

/// In a preview, records the request and returns its answer.
pub(super) fn answer(who: &str, request: &Request) -> Option<Result<Answer, HttpError>> {
    let number = recording::add(request)?;
    let unreadable = || {
        let cause = Cause::Unreadable { status: StatusCode::OK, is_page: false };
        HttpError { who: who.to_owned(), cause }
    };
    Some(number.map(|number| Answer::previewed(who.to_owned(), number)).map_err(|_: Full| unreadable()))
}
