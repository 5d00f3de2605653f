//! The checks of an arriving fact besides its schema: the table can store it, and it is not dated ahead.
//!
//! Stored facts have passed these checks, and are read with [`Fact::parse`].

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::error::{FactError, MOST_BYTES};
use super::{Fact, ProductSaved, json};

/// The most that a producer's clock may be ahead of ours. A fact dated next year would supersede every change until
/// then.
pub const MOST_AHEAD: SignedDuration = SignedDuration::from_mins(15);

/// An accepted fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Received<'a> {
    /// The fact.
    pub fact: Fact,
    /// Its detail.
    pub detail: Value,
    /// Its detail as text: as published, with U+FFFD in place of characters that no program can read.
    pub text: Cow<'a, str>,
}

impl Fact {
    /// Reads an event that arrived at `now`.
    pub fn receive<'a>(
        detail_type: &str,
        detail: &'a str,
        now: Timestamp,
    ) -> Result<Received<'a>, FactError> {
        fits(detail)?;
        let (detail, text) = json::read(detail)?;
        let fact = Self::read(detail_type, &detail)?;
        has_happened(fact.common.occurred_at, now, fact.kind().schema())?;
        Ok(Received { fact, detail, text })
    }
}

impl ProductSaved {
    /// Reads the detail of an event that arrived at `now`.
    pub fn receive(detail: &str, now: Timestamp) -> Result<Self, FactError> {
        fits(detail)?;
        let saved = Self::parse(detail)?;
        has_happened(saved.occurred_at, now, Self::SCHEMA)?;
        Ok(saved)
    }
}

fn fits(detail: &str) -> Result<(), FactError> {
    if detail.len() > MOST_BYTES {
        return Err(FactError::TooLarge { bytes: detail.len() });
    }
    Ok(())
}

fn has_happened(occurred_at: Timestamp, now: Timestamp, schema: &'static str) -> Result<(), FactError> {
    if occurred_at.duration_since(now) <= MOST_AHEAD {
        return Ok(());
    }
    let problem = format!(
        "is {occurred_at}, more than {} minutes ahead of the engine's clock; set the producer's clock right and \
         publish the fact again with the time it happened",
        MOST_AHEAD.as_mins()
    );
    Err(FactError::FieldInvalid { path: "occurred_at".to_owned(), problem, schema })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + 60 * minute).unwrap()
    }

    fn left(minute: i64, more: &str) -> Value {
        json!({
            "id": "f1", "marketplace_id": "demo", "occurred_at": at(minute), "test_mode": false, "more": more,
            "customer": { "id": "c1", "email": "ada@example.com" },
            "course": { "course_id": "rye", "name": "Rye" },
            "product": { "product_id": "rye", "name": "Rye", "status": "live" },
        })
    }

    #[test]
    fn a_clock_may_be_a_little_ahead_and_no_more() {
        for (minute, is_taken) in [(-1_000_000, true), (0, true), (15, true), (16, false), (500_000, false)] {
            let detail = left(minute, "").to_string();
            let fact = Fact::receive("Course Student Added", &detail, at(0));
            let saved = ProductSaved::receive(&detail, at(0));
            assert_eq!((fact.is_ok(), saved.is_ok()), (is_taken, is_taken), "{minute}");
            if let Ok(fact) = fact {
                assert_eq!(fact.fact.common.occurred_at, at(minute));
            }
        }
        let refused = Fact::receive("Course Student Added", &left(16, "").to_string(), at(0)).unwrap_err();
        assert_eq!(refused.place(), "occurred_at");
        let said = refused.to_string();
        assert!(said.starts_with("`occurred_at` is 2026-") && said.contains("15 minutes ahead"), "{said}");
        assert!(
            said.contains("publish the fact again") && said.contains("course-student-added.json"),
            "{said}"
        );
    }

    #[test]
    fn half_an_emoji_is_replaced_and_the_fact_is_accepted() {
        let published = left(0, "CUT").to_string().replace("CUT", "half an emoji: \\ud83d");
        let received = Fact::receive("Course Student Added", &published, at(0)).unwrap();
        assert_eq!(received.detail["more"], "half an emoji: \u{fffd}");
        assert_eq!(serde_json::from_str::<Value>(&received.text).unwrap(), received.detail);
        assert!(ProductSaved::receive(&published, at(0)).is_ok());
        let whole = left(0, "12345678901234567890123").to_string();
        assert_eq!(Fact::receive("Course Student Added", &whole, at(0)).unwrap().text, whole);
    }

    #[test]
    fn a_detail_that_nothing_could_store_is_refused_whatever_else_it_says() {
        let empty = left(0, "").to_string().len();
        for (bytes, is_taken) in [(MOST_BYTES, true), (MOST_BYTES + 1, false)] {
            let detail = left(0, &"x".repeat(bytes - empty)).to_string();
            assert_eq!(Fact::receive("Course Student Added", &detail, at(0)).is_ok(), is_taken);
            assert_eq!(ProductSaved::receive(&detail, at(0)).is_ok(), is_taken);
        }
        let refused = Fact::receive("Course Student Added", &"x".repeat(300_000), at(0)).unwrap_err();
        assert_eq!(refused.place(), "detail");
        let said = refused.to_string();
        assert!(said.contains("300000 bytes") && said.contains("256000"), "{said}");
    }
}
