//! What requests about the logs have in common.

use domain::again::RunId;
use domain::log::Status;
use operations::logs::{Listed, Wanted};
use runtime::clock;
use serde_json::Value;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

use super::actions::STATUSES;
use crate::page::{MOST, Page, USUAL};
use crate::problem::Problem;

/// The longest address that a fact may have.
pub(super) const LONGEST_EMAIL: usize = 320;
/// The longest id of somebody else's.
pub(super) const LONGEST_ID: usize = 256;
/// The longest text that is looked for.
pub(super) const LONGEST_TEXT: usize = 200;

/// Which page.
pub(super) fn page(limit: Option<usize>, cursor: Option<&str>) -> Result<Wanted<'_>, Problem> {
    match limit.unwrap_or(USUAL) {
        limit @ 1..=MOST => Ok(Wanted { cursor, limit }),
        _ => Err(Problem::parameter("limit", format!("It must be 1 to {MOST}."))),
    }
}

/// A parameter that is some text.
pub(super) fn text(name: &str, text: Option<String>, longest: usize) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if !(1..=longest).contains(&text.chars().count()) => {
            Err(Problem::parameter(name, format!("It must have 1 to {longest} characters.")))
        }
        text => Ok(text),
    }
}

/// One of these words, or null.
pub(super) fn or_null(words: impl Iterator<Item = &'static str>) -> Object {
    let types = [Type::String, Type::Null].into_iter().collect::<SchemaType>();
    let words = words.map(Value::from).chain([Value::Null]);
    ObjectBuilder::new().schema_type(types).enum_values(Some(words)).build()
}

/// A field that is some text.
pub(super) fn field(pointer: &str, text: Option<String>, longest: usize) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if !(1..=longest).contains(&text.chars().count()) => {
            Err(Problem::invalid(pointer, format!("It must have 1 to {longest} characters.")))
        }
        text => Ok(text),
    }
}

/// Statuses between commas.
pub(super) fn statuses(text: &str) -> Result<Vec<Status>, Problem> {
    let unknown = |key| {
        let known = STATUSES.map(Status::key).join(", ");
        Problem::parameter("status", format!("`{key}` is none; they are {known}."))
    };
    let status = |key| STATUSES.into_iter().find(|status| status.key() == key).ok_or_else(|| unknown(key));
    text.split(',').map(status).collect()
}

/// A page as it is shown.
pub(super) fn shown<S, T>(page: Listed<S>, show: impl Fn(S) -> T) -> Page<T> {
    Page { items: page.items.into_iter().map(show).collect(), next_cursor: page.next_cursor }
}

/// The id of a run that is asked for now.
pub(super) fn run() -> RunId {
    RunId::new(clock::now(), &clock::unique())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_read_as_the_log_writes_them() {
        assert_eq!(statuses("held,rate_limited").unwrap(), [Status::Held, Status::RateLimited]);
        for wrong in ["", "held,", "broken", "Held"] {
            assert!(statuses(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_page_has_one_to_a_hundred_items() {
        assert_eq!(page(None, None).unwrap().limit, 25);
        assert!(
            page(Some(0), None).is_err() && page(Some(101), None).is_err() && page(Some(100), None).is_ok()
        );
    }

    #[test]
    fn a_text_is_neither_empty_nor_too_long() {
        assert!(text("q", Some(String::new()), 5).is_err() && text("q", Some("ü".repeat(6)), 5).is_err());
        assert_eq!(text("q", Some("ü".repeat(5)), 5).unwrap(), Some("üüüüü".to_owned()));
        assert_eq!(text("q", None, 5).unwrap(), None);
    }
}
