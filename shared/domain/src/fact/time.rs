//! Times in RFC 3339.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de};

const EXPECTED: &str = "is not an RFC 3339 time with an offset, such as 2026-05-04T10:00:00Z";

/// Accepts RFC 3339 only. The time library alone also accepts a blank for the `T`, and times without seconds, which the
/// schemas reject.
pub(super) fn rfc3339<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    let strict = has_shape(&text).then(|| text.parse().ok()).flatten();
    strict.ok_or_else(|| de::Error::custom(EXPECTED))
}

/// The same for an optional field.
pub(super) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    #[derive(Deserialize)]
    struct Given(#[serde(deserialize_with = "rfc3339")] Timestamp);
    Ok(Option::<Given>::deserialize(deserializer)?.map(|Given(at)| at))
}

/// `dddd-dd-ddTdd:dd:dd`, one to nine digits of a second or none, `Z` or an offset of hours and minutes. Leap seconds
/// are rejected: only the list in RFC 3339 says when one occurs.
fn has_shape(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let Some(rest) = shape.strip_prefix("0000-00-00T00:00:00") else {
        return false;
    };
    let offset = rest.strip_prefix('.').map_or(rest, |fraction| fraction.trim_start_matches('0'));
    let is_offset = match offset {
        "Z" => true,
        "+00:00" | "-00:00" => &text[text.len() - "00:00".len()..] < "24",
        _ => false,
    };
    let fraction = rest.len() - offset.len();
    is_offset
        && fraction != ".".len()
        && fraction <= ".000000000".len()
        && &text["0000-00-00T00:00:".len()..] < "60"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_offset_is_honoured() {
        for text in ["2026-05-04T10:00:00Z", "2026-05-04T12:00:00+02:00", "2026-05-04T10:00:00.000000Z"] {
            assert_eq!(rfc3339(json!(text)).unwrap().to_string(), "2026-05-04T10:00:00Z", "{text}");
        }
    }

    #[test]
    fn anything_but_rfc_3339_is_refused_with_an_example() {
        let wrong = [
            "2026-05-04",
            "2026-05-04T10:00:00",
            "2026-05-04 10:00:00Z",
            "2026-05-04T10:00Z",
            "04/05/2026 10:00",
            "2026-02-30T10:00:00Z",
            "2026-05-04T10:00:00.Z",
            "2026-05-04T10:00:00.0000000000Z",
            "2026-05-04T10:00:60Z",
            "2026-05-04T24:00:00Z",
            "2026-05-04T10:00:00+24:00",
            "2026-05-04T10:00:00é",
            "2026-05-04T10:00:00+02:00[Europe/Berlin]",
            "",
        ];
        for text in wrong {
            let error = rfc3339(json!(text)).unwrap_err().to_string();
            assert!(error.contains("such as 2026-05-04T10:00:00Z"), "{text}: {error}");
        }
        assert!(rfc3339(json!(1_777_888_999)).is_err());
    }
}
