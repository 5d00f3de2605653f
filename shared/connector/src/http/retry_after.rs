//! When a server asks to be called again.

use domain::time;
use jiff::fmt::strtime;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// The longest wait that is accepted: with a longer one, a caller that adds to the time could overflow, and every job
/// has expired by then.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 366);

/// The shortest wait: a time in the past means "now", and calling at once would be a busy loop.
const SHORTEST: SignedDuration = SignedDuration::from_secs(1);

/// Reads a `Retry-After` header: seconds, or a date in one of HTTP's three formats. `None` for other values.
///
/// The result is between one second and 366 days after `now`.
/// <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>
pub fn retry_after(value: &str, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim();
    let wait = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number with more digits than fit is a very long wait, not a missing one.
        value.parse().map_or(LONGEST, SignedDuration::from_secs)
    } else {
        date(value)?.duration_since(now)
    };
    Some(time::after(now, wait.clamp(SHORTEST, LONGEST)))
}

/// <https://www.rfc-editor.org/rfc/rfc9110#http.date>: a recipient must accept the two obsolete formats too.
fn date(value: &str) -> Option<Timestamp> {
    if let Ok(at) = rfc2822::DateTimeParser::new().parse_timestamp(value) {
        return Some(at);
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"].iter().find_map(|spelling| {
        let civil = strtime::parse(spelling, value).ok()?.to_datetime().ok()?;
        Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn seconds_and_the_three_spellings_of_a_date() {
        for (value, expected) in [
            ("120", Some("2026-11-21T10:02:00Z")),
            (" 5 ", Some("2026-11-21T10:00:05Z")),
            ("Sat, 21 Nov 2026 10:30:00 GMT", Some("2026-11-21T10:30:00Z")),
            ("Saturday, 21-Nov-26 10:30:00 GMT", Some("2026-11-21T10:30:00Z")),
            ("Sat Nov 21 10:30:00 2026", Some("2026-11-21T10:30:00Z")),
            ("Tue Dec  1 10:30:00 2026", Some("2026-12-01T10:30:00Z")),
            // now or past: a second, never a busy loop
            ("0", Some("2026-11-21T10:00:01Z")),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some("2026-11-21T10:00:01Z")),
            // absurd: a year
            ("99999999999999999999999", Some("2027-11-22T10:00:00Z")),
            ("Mon, 01 Nov 9999 00:00:00 GMT", Some("2027-11-22T10:00:00Z")),
            // neither
            ("", None),
            ("soon", None),
            ("-5", None),
            ("1.5", None),
        ] {
            let expected: Option<Timestamp> = expected.map(|text| text.parse().unwrap());
            assert_eq!(retry_after(value, now()), expected, "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic_or_leave_its_bounds(value in ".{0,40}") {
            if let Some(at) = retry_after(&value, now()) {
                prop_assert!(at >= now() + SHORTEST && at <= now() + LONGEST);
            }
        }
    }
}
