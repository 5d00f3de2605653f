//! Typed ids. A producer's ids are validated text. The engine's own ids have a prefix, sort by time and contain the
//! location of their item.

use std::fmt;
use std::str::FromStr;

use data_encoding::{Encoding, Specification};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::blank;
use crate::digest::{DigestSecret, digest};

/// Text that is not a valid id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} is not valid: {expected}")]
pub struct InvalidId {
    /// The kind of id that was expected.
    pub kind: &'static str,
    /// The expected format.
    pub expected: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Validates the text, without the blanks around it.
            pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidId> {
                let text = blank::trimmed(text.as_ref());
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { kind: $kind, expected: $expected })
                }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

fn is_word(text: &str, max: usize, extra: &str) -> bool {
    (1..=max).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

fn is_printable(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn has_prefix(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| is_word(rest, 60, "_"))
}

text_id!(
    /// A merchant's account, the tenant. The operator's platform chooses the id.
    MarketplaceId,
    "marketplace_id",
    "1 to 64 letters, digits, `.`, `_` or `-`",
    |text| is_word(text, 64, "._-")
);
text_id!(
    /// The producer's id of a fact: the dedupe key.
    FactId,
    "id",
    "1 to 256 printable characters",
    |text| is_printable(text, 256)
);
text_id!(
    /// The platform's id of a product.
    ProductId,
    "product_id",
    "1 to 128 printable characters",
    |text| is_printable(text, 128)
);
text_id!(
    /// One connected account of an app.
    IntegrationId,
    "integration",
    "`int_` and 1 to 60 letters, digits or `_`",
    |text| has_prefix(text, "int_")
);
text_id!(
    /// One If/Then rule.
    RuleId,
    "rule",
    "`rul_` and 1 to 60 letters, digits or `_`",
    |text| has_prefix(text, "rul_")
);
text_id!(
    /// A merchant's session in the portal.
    SessionId,
    "session",
    "`ses_` and 1 to 60 letters, digits or `_`",
    |text| has_prefix(text, "ses_")
);

/// The number of groups of products.
const PRODUCT_GROUPS: u16 = 4_000;

impl ProductId {
    /// One of 4,000 groups into which products are divided evenly.
    pub fn group(&self) -> u16 {
        u16::from_be_bytes(digest(&[self.as_str()])) % PRODUCT_GROUPS
    }
}

/// Base32hex in lower case: texts sort in the same order as the bytes.
static BASE32: std::sync::LazyLock<Encoding> = std::sync::LazyLock::new(|| {
    let mut spec = Specification::new();
    spec.symbols.push_str("0123456789abcdefghijklmnopqrstuv");
    #[expect(clippy::expect_used, reason = "a constant alphabet of 32 symbols")]
    spec.encoding().expect("valid alphabet")
});

macro_rules! digest_key {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// A small number that is evenly distributed, for choosing a shard.
            pub fn shard(&self, shards: u8) -> u8 {
                self.0[0] % shards
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&BASE32.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                decode(text, stringify!($name)).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> String {
                key.to_string()
            }
        }
    };
}

/// Keys that are digests without a secret. A person is in their parts as a [`BuyerKey`], never as an address.
macro_rules! plain_digest {
    ($($name:ident)*) => {$(
        impl $name {
            /// The digest of these parts, in this order. None of them is an address or other personal data.
            pub fn of(parts: &[&str]) -> Self {
                Self(digest(parts))
            }
        }
    )*};
}

plain_digest!(FactKey OrderKey EffectKey JobPart);

fn decode<const N: usize>(text: &str, kind: &'static str) -> Result<[u8; N], InvalidId> {
    let invalid = || InvalidId { kind, expected: "an id as the engine prints it, whole and in lower case" };
    let bytes = BASE32.decode(text.as_bytes()).map_err(|_| invalid())?;
    bytes.try_into().map_err(|_| invalid())
}

digest_key!(
    /// A person within a marketplace: a digest of the normalised e-mail address, keyed with the stack's secret.
    BuyerKey,
    10
);
digest_key!(
    /// A fact within a marketplace: a digest of its kind and the producer's id.
    FactKey,
    10
);
digest_key!(
    /// An order within a marketplace: a digest of the platform's id of it.
    OrderKey,
    10
);
digest_key!(
    /// One effect on an app: a digest of integration, target and the contact's [`BuyerKey`]; for messages also of fact
    /// and line.
    EffectKey,
    15
);

impl BuyerKey {
    /// The key of the person with this address. Case, blanks around it and invisible characters are ignored. It cannot
    /// be computed without the secret, and differs between marketplaces.
    pub fn of_email(secret: &DigestSecret, m: &MarketplaceId, email: &str) -> Self {
        Self(secret.digest(&["buyer", m.as_str(), &blank::address(email).to_lowercase()]))
    }
}

/// Milliseconds since 1970 as ten characters that sort by time.
pub fn time_key(at: Timestamp) -> String {
    BASE32.encode(&time_bytes(at))
}

/// The time that a key begins with.
pub fn time_of_key(key: &str) -> Result<Timestamp, InvalidId> {
    decode(key, "time").map(|bytes: [u8; 6]| millis(&bytes))
}

fn millis(bytes: &[u8]) -> Timestamp {
    let millis = bytes.iter().fold(0i64, |sum, byte| sum << 8 | i64::from(*byte));
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn time_bytes(at: Timestamp) -> [u8; 6] {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
    let mut out = [0; 6];
    out.copy_from_slice(&millis.to_be_bytes()[2..]);
    out
}

/// One stored event. The id contains the key of the item (time, buyer, fact), so that reading it is one `GetItem`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId {
    /// The fact's time, to the millisecond.
    pub at: Timestamp,
    /// The buyer of the event.
    pub buyer: BuyerKey,
    /// The fact of the event.
    pub fact: FactKey,
}

/// One job: its event, and a digest of its part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId {
    /// The event that the job comes from.
    pub event: EventId,
    /// A digest of the fields that differ between the event's jobs.
    pub part: JobPart,
}

digest_key!(
    /// A digest of the fields that differ between the jobs of one event: trigger, rule, line, account, action, the
    /// contact's [`BuyerKey`] and target.
    JobPart,
    10
);

impl EventId {
    /// Cuts the time to the millisecond, as the id's text does.
    pub fn new(at: Timestamp, buyer: BuyerKey, fact: FactKey) -> Self {
        let at = Timestamp::from_millisecond(at.as_millisecond().max(0)).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { at, buyer, fact }
    }

    fn bytes(&self) -> [u8; 26] {
        let mut out = [0; 26];
        out[..6].copy_from_slice(&time_bytes(self.at));
        out[6..16].copy_from_slice(&self.buyer.0);
        out[16..].copy_from_slice(&self.fact.0);
        out
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let part = |from: usize| std::array::from_fn(|i| bytes[from + i]);
        Self { at: millis(&bytes[..6]), buyer: BuyerKey(part(6)), fact: FactKey(part(16)) }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "evt_{}", BASE32.encode(&self.bytes()))
    }
}

impl FromStr for EventId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let bytes: [u8; 26] = decode(text.strip_prefix("evt_").unwrap_or_default(), "event")?;
        Ok(Self::from_bytes(&bytes))
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; 36];
        bytes[..26].copy_from_slice(&self.event.bytes());
        bytes[26..].copy_from_slice(&self.part.0);
        write!(f, "job_{}", BASE32.encode(&bytes))
    }
}

impl FromStr for JobId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let bytes: [u8; 36] = decode(text.strip_prefix("job_").unwrap_or_default(), "job")?;
        let part = std::array::from_fn(|i| bytes[26 + i]);
        Ok(Self { event: EventId::from_bytes(&bytes[..26]), part: JobPart(part) })
    }
}

impl TryFrom<String> for EventId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<EventId> for String {
    fn from(id: EventId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for JobId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> String {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::digest::sample_secret;

    fn key(m: &str, email: &str) -> BuyerKey {
        BuyerKey::of_email(&sample_secret(), &MarketplaceId::new(m).unwrap(), email)
    }

    #[test]
    fn an_id_that_cannot_be_names_kind_and_way_out_and_does_not_repeat_the_value() {
        let error = MarketplaceId::new("shop #1").unwrap_err();
        assert_eq!(
            error.to_string(),
            "marketplace_id is not valid: 1 to 64 letters, digits, `.`, `_` or `-`"
        );
        assert!(IntegrationId::new("rul_1").is_err());
        assert!(ProductId::new("7\n8").is_err());
    }

    #[test]
    fn blanks_around_an_id_are_not_part_of_it() {
        assert_eq!(ProductId::new(" p 7\u{200b}\n"), ProductId::new("p 7"));
        assert_eq!(FactId::new("\u{feff}é").unwrap().as_str(), "é");
        assert!(ProductId::new(" \u{200b}").is_err());
        assert!(ProductId::new("é".repeat(128)).is_ok() && ProductId::new("é".repeat(129)).is_err());
    }

    #[test]
    fn an_address_names_the_same_buyer_however_it_is_written() {
        for written in [" Ada@Example.com ", "ada@example.com\u{200b}", "a\u{ad}da@example.com"] {
            assert_eq!(key("demo", written), key("demo", "ada@example.com"), "{written:?}");
        }
        assert_ne!(key("demo", "ada+1@example.com"), key("demo", "ada@example.com"));
    }

    #[test]
    fn an_address_has_another_key_in_every_marketplace_and_under_every_secret() {
        let m = MarketplaceId::new("demo").unwrap();
        let other = "another secret of a stack, in tests".parse().unwrap();
        assert_ne!(key("demo", "ada@example.com"), key("shop", "ada@example.com"));
        assert_ne!(key("demo", "ada@example.com"), BuyerKey::of_email(&other, &m, "ada@example.com"));
    }

    proptest! {
        #[test]
        fn ids_read_back_as_written_and_sort_by_time(a in 0i64..1 << 42, b in 0i64..1 << 42, who in ".{0,20}") {
            let id = |millis| JobId {
                event: EventId::new(
                    Timestamp::from_millisecond(millis).unwrap(),
                    key("demo", &who),
                    FactKey::of(&["order_completed", &who]),
                ),
                part: JobPart::of(&[&who]),
            };
            prop_assert_eq!(id(a).to_string().parse::<JobId>().unwrap(), id(a));
            prop_assert_eq!(id(a).event.to_string().parse::<EventId>().unwrap(), id(a).event);
            prop_assert_eq!(id(a).to_string().cmp(&id(b).to_string()), a.cmp(&b));
            prop_assert_eq!(time_of_key(&time_key(id(a).event.at)).unwrap(), id(a).event.at);
        }
    }
}
