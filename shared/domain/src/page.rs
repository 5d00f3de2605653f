//! Pagination: positions in listings, and the cursors that clients receive for them.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::Serialize;

use crate::digest::digest;
use crate::id::{
    BuyerKey, EventId, FactKey, IntegrationId, InvalidId, JobId, JobPart, MarketplaceId, time_key,
    time_of_key,
};
use crate::log::ConfigEntry;

/// One page of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T, P = Position> {
    /// The items. The page may be empty while more results follow, if a filter excluded all that was read.
    pub items: Vec<T>,
    /// The position after which the next page begins; `None` if no more results follow.
    pub next: Option<P>,
}

impl<T, P> Page<T, P> {
    /// The last page of a listing.
    pub fn end(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// The position of an event or a job in every listing that contains it: by time, then by fact. An event's jobs are
/// newer than the event. A greater position is newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The fact's time.
    pub at: Timestamp,
    /// The fact of the event.
    pub fact: FactKey,
    /// The part of the job; `None` for the event itself.
    pub part: Option<JobPart>,
    /// The buyer. Facts of two buyers can share an id if a producer makes a mistake.
    pub buyer: BuyerKey,
}

impl Position {
    /// The position of an event.
    pub fn of_event(id: &EventId) -> Self {
        Self { at: id.at, fact: id.fact, part: None, buyer: id.buyer }
    }

    /// The position of a job.
    pub fn of_job(id: &JobId) -> Self {
        Self { part: Some(id.part), ..Self::of_event(&id.event) }
    }

    /// The event at this position, or the event of the job at this position.
    pub fn event(&self) -> EventId {
        EventId::new(self.at, self.buyer, self.fact)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}#{}", time_key(self.at), self.fact, self.buyer)?;
        self.part.map_or(Ok(()), |part| write!(f, "#{part}"))
    }
}

impl FromStr for Position {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut parts = text.splitn(4, '#');
        let mut part = || parts.next().unwrap_or_default();
        let (at, fact, buyer) = (time_of_key(part())?, part().parse()?, part().parse()?);
        Ok(Self { at, fact, buyer, part: parts.next().map(str::parse).transpose()? })
    }
}

/// The position of an entry in a Configuration Log: by time, then by object and operation. A greater position is newer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigPosition {
    /// The time of the entry.
    pub at: Timestamp,
    /// The object's id.
    pub id: String,
    /// The operation.
    pub action: String,
}

impl From<&ConfigEntry> for ConfigPosition {
    fn from(entry: &ConfigEntry) -> Self {
        Self { at: entry.at, id: entry.id.clone(), action: entry.action.clone() }
    }
}

impl fmt::Display for ConfigPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}#{}", time_key(self.at), self.id, self.action)
    }
}

impl FromStr for ConfigPosition {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut parts = text.splitn(3, '#');
        let mut part = || parts.next().unwrap_or_default();
        Ok(Self { at: time_of_key(part())?, id: part().to_owned(), action: part().to_owned() })
    }
}

/// The position of an account in the listing of accounts that must be reconnected: by the time since which they must. A
/// greater position is newer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReconnectPosition {
    /// The time at which the credentials were refused.
    pub since: Timestamp,
    /// The marketplace of the account.
    pub marketplace: MarketplaceId,
    /// The account.
    pub integration: IntegrationId,
}

impl fmt::Display for ReconnectPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}#{}", time_key(self.since), self.marketplace, self.integration)
    }
}

impl FromStr for ReconnectPosition {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut parts = text.splitn(3, '#');
        let mut part = || parts.next().unwrap_or_default();
        Ok(Self { since: time_of_key(part())?, marketplace: part().parse()?, integration: part().parse()? })
    }
}

/// A request for a page.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The cursor of the previous page; `None` for the first page.
    pub cursor: Option<&'a str>,
    /// The most items of the page.
    pub limit: usize,
}

/// One page of a listing as clients receive it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// The items. The page may be empty while more results follow.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` if this is the last page.
    pub next_cursor: Option<String>,
}

/// A cursor that is not valid for this listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not valid for this listing and these filters: omit it to start from the first page")]
pub struct InvalidCursor;

/// The number of bytes of a cursor that identify its listing.
const CHECK: usize = 6;

/// The identity of a listing, for its cursors. A cursor of another listing, merchant or filter is rejected.
///
/// The check detects mistakes; it is not a secret, so no filter has an address: a buyer is named by its key. Data stays separate because a cursor is parsed as a position of the
/// listing's own kind, and because the partition of each query is taken from the caller's identity.
#[derive(Debug, Clone)]
pub struct Listing {
    name: [String; 2],
}

impl Listing {
    /// The name of the listing and everything that restricts it: the marketplace, if it is a merchant's listing, and
    /// every filter.
    pub fn new(what: &str, within: &impl Serialize) -> Self {
        Self { name: [what.to_owned(), serde_json::to_string(within).unwrap_or_default()] }
    }

    /// The position after which a page begins; `None` for the first page.
    ///
    /// # Errors
    /// [`InvalidCursor`]: the cursor belongs to another listing, or cannot be parsed.
    pub fn after<P: FromStr>(&self, wanted: Wanted<'_>) -> Result<Option<P>, InvalidCursor> {
        wanted.cursor.map(|cursor| self.read(cursor)).transpose()
    }

    /// A page as clients receive it.
    pub fn listed<T, P: fmt::Display>(&self, page: Page<T, P>) -> Listed<T> {
        Listed { next_cursor: page.next.map(|place| self.cursor(&place)), items: page.items }
    }

    fn cursor(&self, place: &impl fmt::Display) -> String {
        let place = place.to_string();
        let mut bytes = self.check(&place).to_vec();
        bytes.extend(place.as_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }

    fn read<P: FromStr>(&self, cursor: &str) -> Result<P, InvalidCursor> {
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| InvalidCursor)?;
        let (found, place) = bytes.split_at_checked(CHECK).ok_or(InvalidCursor)?;
        let place = std::str::from_utf8(place).map_err(|_| InvalidCursor)?;
        if found != self.check(place) {
            return Err(InvalidCursor);
        }
        place.parse().map_err(|_| InvalidCursor)
    }

    fn check(&self, place: &str) -> [u8; CHECK] {
        let [what, within] = &self.name;
        digest(&["cursor", place, what, within])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(millis: i64, fact: &str, part: Option<&str>) -> Position {
        let at = Timestamp::from_millisecond(millis).unwrap();
        let buyer: BuyerKey = "0123456789abcdef".parse().unwrap();
        let event = EventId::new(at, buyer, FactKey::of(&[fact]));
        Position { part: part.map(|part| JobPart::of(&[part])), ..Position::of_event(&event) }
    }

    #[test]
    fn an_events_jobs_are_newer_than_the_event_and_older_than_the_next() {
        assert!(place(1, "a", None) < place(1, "a", Some("x")));
        assert!(place(1, "a", Some("x")) < place(2, "a", None));
    }

    fn listing(what: &str, within: &[&str]) -> Listing {
        Listing::new(what, &within)
    }

    #[test]
    fn a_cursor_is_of_one_listing_only() {
        let here = place(1_780_000_000_000, "a", Some("x"));
        let actions = listing("actions", &["demo"]);
        let cursor = actions.cursor(&here);
        assert_eq!(actions.read(&cursor), Ok(here));
        for (what, within) in
            [("actions", ["other"].as_slice()), ("events", &["demo"]), ("actions", &["demo", "held"])]
        {
            assert_eq!(
                listing(what, within).read::<Position>(&cursor),
                Err(InvalidCursor),
                "{what} {within:?}"
            );
        }
        assert_eq!(actions.read::<ReconnectPosition>(&cursor), Err(InvalidCursor));
    }

    #[test]
    fn a_page_says_where_the_next_one_begins() {
        let (listing, here) = (listing("events", &["demo"]), place(1_780_000_000_000, "a", None));
        let wanted = |cursor| Wanted { cursor, limit: 1 };
        assert_eq!(listing.after::<Position>(wanted(None)), Ok(None));
        let first = listing.listed(Page { items: vec![1], next: Some(here) });
        assert_eq!(listing.after(wanted(first.next_cursor.as_deref())), Ok(Some(here)));
        assert_eq!(listing.listed(Page::<_, Position>::end(vec![2])).next_cursor, None);
    }

    #[test]
    fn a_cursor_says_nothing_that_reads_as_a_key() {
        let cursor = listing("actions", &["demo"]).cursor(&place(1_780_000_000_000, "a", None));
        assert!(!cursor.contains("demo") && !cursor.contains('#'), "{cursor}");
    }

    #[test]
    fn a_place_among_the_refused_is_nothing_else() {
        let place = ReconnectPosition {
            since: Timestamp::from_second(1_780_000_000).unwrap(),
            marketplace: "demo".parse().unwrap(),
            integration: "int_1".parse().unwrap(),
        };
        assert_eq!(place.to_string().parse::<ReconnectPosition>().unwrap(), place);
        for wrong in ["", "demo", "demo#int_1", &format!("{place}#more"), &format!("OK#{place}"), "~"] {
            assert!(wrong.parse::<ReconnectPosition>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_place_reads_back_as_written(millis in 0i64..1 << 42, fact in ".{0,9}", part: Option<u8>) {
            let part = part.map(|part| part.to_string());
            let place = place(millis, &fact, part.as_deref());
            prop_assert_eq!(place.to_string().parse::<Position>().unwrap(), place);
            let listing = listing("events", &["demo"]);
            prop_assert_eq!(listing.read(&listing.cursor(&place)), Ok(place));
        }

        #[test]
        fn a_configuration_place_reads_back_as_written(millis in 0i64..1 << 42, action in "[ -~]{0,20}") {
            let at = Timestamp::from_millisecond(millis).unwrap();
            let place = ConfigPosition { at, id: "int_1".to_owned(), action };
            prop_assert_eq!(place.to_string().parse::<ConfigPosition>().unwrap(), place);
        }

        #[test]
        fn garbage_is_no_cursor(text in ".{0,80}") {
            prop_assert_eq!(listing("events", &["demo"]).read::<Position>(&text), Err(InvalidCursor));
        }
    }
}
