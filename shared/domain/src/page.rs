//! Pages of the logs: how far a reader has come, and the cursor that says so to the outside.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;

use crate::id::{BuyerKey, EventId, FactKey, InvalidId, JobId, JobPart, digest, time_key, time_of_key};

/// One page of a listing, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T, P = Place> {
    /// What it shows; it may be nothing although more follows, where a filter took nothing of what was read.
    pub items: Vec<T>,
    /// How far was read: the next page begins behind. `None`: there is no more.
    pub next: Option<P>,
}

impl<T, P> Page<T, P> {
    /// The last page of anything.
    pub fn end(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// Where an event or a job stands in every listing that has it: by time, then by fact; an event's jobs are newer than the
/// event. A greater place is newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When the fact occurred.
    pub at: Timestamp,
    /// Which fact it is.
    pub fact: FactKey,
    /// The job of it; `None` is the event itself.
    pub part: Option<JobPart>,
    /// Whose it is: facts of two buyers can share an id by a producer's mistake.
    pub buyer: BuyerKey,
}

impl Place {
    /// The event's.
    pub fn of_event(id: &EventId) -> Self {
        Self { at: id.at, fact: id.fact, part: None, buyer: id.buyer }
    }

    /// The job's.
    pub fn of_job(id: &JobId) -> Self {
        Self { part: Some(id.part), ..Self::of_event(&id.event) }
    }

    /// The event that stands there, or whose job does.
    pub fn event(&self) -> EventId {
        EventId::new(self.at, self.buyer, self.fact)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}#{}", time_key(self.at), self.fact, self.buyer)?;
        self.part.map_or(Ok(()), |part| write!(f, "#{part}"))
    }
}

impl FromStr for Place {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut parts = text.splitn(4, '#');
        let mut part = || parts.next().unwrap_or_default();
        let (at, fact, buyer) = (time_of_key(part())?, part().parse()?, part().parse()?);
        Ok(Self { at, fact, buyer, part: parts.next().map(str::parse).transpose()? })
    }
}

/// Where an entry stands in a Configuration Log: by time, then by what was done. A greater place is newer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigPlace {
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub action: String,
}

impl fmt::Display for ConfigPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", time_key(self.at), self.action)
    }
}

impl FromStr for ConfigPlace {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (at, action) = text.split_once('#').unwrap_or_default();
        Ok(Self { at: time_of_key(at)?, action: action.to_owned() })
    }
}

/// A cursor that is not one of this listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the cursor is not one that this listing gave for these filters: leave it out to begin with the newest"
)]
pub struct InvalidCursor;

/// How many bytes of a cursor say which listing it is of.
const CHECK: usize = 6;

/// Writes a place as a cursor of one listing. `listing` names all that makes the listing what it is: the marketplace, what
/// is listed, and every filter.
///
/// The check finds mistakes and is no secret: what keeps a marketplace's data apart is the key of each query.
pub fn cursor(listing: &[&str], place: &impl fmt::Display) -> String {
    let place = place.to_string();
    let mut bytes = check(listing, &place).to_vec();
    bytes.extend(place.as_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

/// Reads a cursor of that listing.
pub fn read_cursor<P: FromStr>(listing: &[&str], cursor: &str) -> Result<P, InvalidCursor> {
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| InvalidCursor)?;
    let (found, place) = bytes.split_at_checked(CHECK).ok_or(InvalidCursor)?;
    let place = std::str::from_utf8(place).map_err(|_| InvalidCursor)?;
    if found != check(listing, place) {
        return Err(InvalidCursor);
    }
    place.parse().map_err(|_| InvalidCursor)
}

fn check(listing: &[&str], place: &str) -> [u8; CHECK] {
    digest(&[&["cursor", place], listing].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(millis: i64, fact: &str, part: Option<&str>) -> Place {
        let at = Timestamp::from_millisecond(millis).unwrap();
        let event = EventId::new(at, BuyerKey::of_email("ada@example.com"), FactKey::of(&[fact]));
        Place { part: part.map(|part| JobPart::of(&[part])), ..Place::of_event(&event) }
    }

    #[test]
    fn an_events_jobs_are_newer_than_the_event_and_older_than_the_next() {
        assert!(place(1, "a", None) < place(1, "a", Some("x")));
        assert!(place(1, "a", Some("x")) < place(2, "a", None));
    }

    #[test]
    fn a_cursor_is_of_one_listing_only() {
        let here = place(1_780_000_000_000, "a", Some("x"));
        let cursor = super::cursor(&["demo", "actions"], &here);
        assert_eq!(read_cursor(&["demo", "actions"], &cursor), Ok(here));
        assert_eq!(read_cursor::<Place>(&["other", "actions"], &cursor), Err(InvalidCursor));
        assert_eq!(read_cursor::<Place>(&["demo", "events"], &cursor), Err(InvalidCursor));
        assert_eq!(read_cursor::<Place>(&["demo", "actions", "held"], &cursor), Err(InvalidCursor));
        assert_eq!(read_cursor::<ConfigPlace>(&["demo", "log"], &cursor), Err(InvalidCursor));
    }

    #[test]
    fn a_cursor_says_nothing_that_reads_as_a_key() {
        let cursor = super::cursor(&["demo", "actions"], &place(1_780_000_000_000, "a", None));
        assert!(!cursor.contains("demo") && !cursor.contains('#'), "{cursor}");
    }

    proptest! {
        #[test]
        fn a_place_reads_back_as_written(millis in 0i64..1 << 42, fact in ".{0,9}", part: Option<u8>) {
            let part = part.map(|part| part.to_string());
            let place = place(millis, &fact, part.as_deref());
            prop_assert_eq!(place.to_string().parse::<Place>().unwrap(), place);
            let cursor = cursor(&["demo"], &place);
            prop_assert_eq!(read_cursor::<Place>(&["demo"], &cursor), Ok(place));
        }

        #[test]
        fn a_configuration_place_reads_back_as_written(millis in 0i64..1 << 42, action in "[ -~]{0,20}") {
            let place = ConfigPlace { at: Timestamp::from_millisecond(millis).unwrap(), action };
            prop_assert_eq!(place.to_string().parse::<ConfigPlace>().unwrap(), place);
        }

        #[test]
        fn garbage_is_no_cursor(text in ".{0,80}") {
            prop_assert_eq!(read_cursor::<Place>(&["demo"], &text), Err(InvalidCursor));
        }
    }
}
