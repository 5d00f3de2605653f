//! Points in time on the command line: "7d" ago, or a time.

use jiff::{SignedDuration, Timestamp};

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// This long ago.
    Ago(SignedDuration),
    /// At this time.
    At(Timestamp),
}

impl Since {
    /// Converts it to a time.
    pub(crate) fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Since::Ago(ago) => now.saturating_sub(ago).unwrap_or(Timestamp::UNIX_EPOCH),
            Since::At(at) => at,
        }
    }
}

/// The time a number of days ago.
pub(crate) fn days_before(days: i64, now: Timestamp) -> Timestamp {
    Since::Ago(SignedDuration::from_hours(24 * days)).before(now)
}

/// An empty time range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("--until {until} is not after --since {since}: nothing can have happened between them")]
pub(crate) struct Backwards {
    since: Timestamp,
    until: Timestamp,
}

/// The bounds of a time range, if given.
pub(crate) fn span(
    since: Option<Since>,
    until: Option<Since>,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Option<Timestamp>), Backwards> {
    let (since, until) = (since.map(|at| at.before(now)), until.map(|at| at.before(now)));
    match (since, until.or(Some(now))) {
        (Some(since), Some(until)) if since >= until => Err(Backwards { since, until }),
        _ => Ok((since, until)),
    }
}

impl std::str::FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(at) = text.parse() {
            return Ok(Since::At(at));
        }
        let wrong =
            "give a number of days, hours or minutes (7d, 12h, 30m), or a time (2026-05-04T10:00:00Z)";
        let unit = text.chars().last().ok_or(wrong)?;
        let number: i64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong)?;
        let minutes = match unit {
            'd' => 24 * 60,
            'h' => 60,
            'm' => 1,
            _ => return Err(wrong),
        };
        if !(1..=1_000_000).contains(&number) {
            return Err(wrong);
        }
        Ok(Since::Ago(SignedDuration::from_mins(number * minutes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_in_time_is_a_while_ago_or_a_time() {
        let now: Timestamp = "2026-05-08T10:00:00Z".parse().unwrap();
        for (text, at) in [
            ("7d", "2026-05-01T10:00:00Z"),
            ("12h", "2026-05-07T22:00:00Z"),
            ("30m", "2026-05-08T09:30:00Z"),
            ("2026-05-04T10:00:00Z", "2026-05-04T10:00:00Z"),
        ] {
            assert_eq!(text.parse::<Since>().unwrap().before(now).to_string(), at);
        }
        for wrong in ["", "d", "7", "7w", "-7d", "0d", "7é", "99999999999999999999d"] {
            assert!(wrong.parse::<Since>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_stretch_of_time_does_not_end_before_it_begins() {
        let now: Timestamp = "2026-05-08T10:00:00Z".parse().unwrap();
        let span = |since: &str, until: Option<&str>| {
            super::span(Some(since.parse().unwrap()), until.map(|until| until.parse().unwrap()), now)
        };
        assert!(span("7d", None).is_ok() && span("7d", Some("6d")).is_ok());
        for (since, until) in [("1h", Some("2h")), ("1h", Some("1h")), ("2026-05-09T10:00:00Z", None)] {
            assert!(span(since, until).is_err(), "{since} {until:?}");
        }
        let error = span("1h", Some("2h")).unwrap_err().to_string();
        assert!(
            error.starts_with("--until 2026-05-08T08:00:00Z is not after --since 2026-05-08T09:00:00Z"),
            "{error}"
        );
    }
}
