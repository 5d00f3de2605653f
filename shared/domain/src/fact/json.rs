//! The text of a detail as JSON.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::Value;

use super::error::FactError;

/// The escape of the replacement character, U+FFFD.
const REPLACEMENT: &str = "\\ufffd";

/// A detail's value, and its text. JSON allows an escape for half a surrogate pair (an emoji that was cut in two),
/// which is no character. U+FFFD replaces it in both.
pub(super) fn read(text: &str) -> Result<(Value, Cow<'_, str>), FactError> {
    let unread = match serde_json::from_str(text) {
        Ok(value) => return Ok((value, Cow::Borrowed(text))),
        Err(error) => error,
    };
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return Err(FactError::NotJson { source: unread });
    }
    let mended = without_halves(text);
    let value = serde_json::from_str(&mended);
    value.map(|value| (value, Cow::Owned(mended))).map_err(|source| FactError::Unreadable { source })
}

/// Valid JSON with U+FFFD in place of every escape that is half a surrogate pair.
fn without_halves(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    // In valid JSON, a backslash is always inside a string and at least two more bytes follow.
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let (written, length) = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (&escape[..12], 12),
            (Some(0xD800..=0xDFFF), _) => (REPLACEMENT, 6),
            (Some(_), _) => (&escape[..6], 6),
            (None, _) => (&escape[..2], 2),
        };
        mended.push_str(written);
        rest = &escape[length..];
    }
    mended + rest
}

/// The UTF-16 code unit of an escape that a text begins with: `\ud83d`.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Value {
        read(text).unwrap().0
    }

    #[test]
    fn half_a_pair_is_read_as_the_replacement_character() {
        assert_eq!(value(r#"{"a": "x\ud83d", "\udE00b": 1}"#), json!({ "a": "x\u{fffd}", "\u{fffd}b": 1 }));
        assert_eq!(value(r#""\ud83d\ud83d\ude00\ude00\\ud83d""#), json!("\u{fffd}😀\u{fffd}\\ud83d"));
        assert_eq!(value(r#""\ud83d\n\u0041""#), json!("\u{fffd}\nA"));
        assert_eq!(read(r#""\ud83d""#).unwrap().1, "\"\\ufffd\"");
    }

    #[test]
    fn text_that_reads_is_left_alone() {
        let whole = r#"{"n": 18446744073709551617, "e": "\ud83d\ude00"}"#;
        assert!(matches!(read(whole).unwrap().1, Cow::Borrowed(text) if text == whole));
    }

    #[test]
    fn json_that_no_program_reads_is_told_apart_from_what_is_no_json() {
        let nested = "[".repeat(60_000) + &"]".repeat(60_000);
        for unreadable in [nested.as_str(), "1e999"] {
            assert!(matches!(read(unreadable), Err(FactError::Unreadable { .. })));
        }
        for wrong in ["", "{\"id\": ", "\"\\ud83\"", "\"\\x\"", &"[".repeat(120_000)] {
            assert!(matches!(read(wrong), Err(FactError::NotJson { .. })));
        }
    }

    proptest! {
        #[test]
        fn every_run_of_escapes_reads_as_utf_16_does(units in proptest::collection::vec(
            prop_oneof![0xD800_u16..=0xDFFF, Just(0x5C), Just(0x22), any::<u16>()], 0..8,
        )) {
            let escapes = units.iter().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat();
            prop_assert_eq!(value(&format!("\"{escapes}\"")), json!(String::from_utf16_lossy(&units)));
        }
    }
}
