//! A fact of a file: overrides and validation against the contract.

use std::path::Path;

use domain::digest::DigestSecret;
use domain::fact::{Email, Fact, FactError, ProductSaved};
use domain::id::{EventId, MarketplaceId};
use domain::plan;
use jiff::Timestamp;
use runtime::clock;
use serde_json::Value;

use crate::input::{self, InputError, kind};

/// The maximum length of a fact's id in bytes.
const LONGEST_ID: usize = 256;
/// The number of letters and digits that are appended to an id to make it new.
const NEW_PART: usize = 12;

/// An entry of `PutEvents`. It is published on the deployment's bus, whatever bus the file names.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) source: String,
    pub(crate) detail_type: String,
    /// The detail as JSON, unchanged.
    pub(crate) detail: String,
}

/// The fields to replace.
#[derive(Debug)]
pub(crate) struct Overrides<'a> {
    /// The text to append to the fact's id, and the new time at which it occurs.
    pub(crate) fresh: Option<(String, Timestamp)>,
    pub(crate) marketplace: Option<&'a MarketplaceId>,
    pub(crate) email: Option<&'a Email>,
}

/// The ids of a published fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    /// The producer's id, or a dash if the fact has none.
    pub(crate) fact: String,
    /// The event that the fact is stored as. A product is not stored as an event.
    pub(crate) event: Option<EventId>,
}

/// Reads a file of entries.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>, InputError> {
    let shape = |problem| InputError::Shape { name: path.display().to_string(), problem };
    let Value::Array(entries) = input::json(path)? else {
        return Err(shape(r#"give a list: [{"Source": …, "DetailType": …, "Detail": …}]"#.to_owned()));
    };
    let read = entries.into_iter().enumerate().map(|(index, entry)| Entry::of(entry, index + 1));
    read.collect::<Result<_, _>>().map_err(shape)
}

impl Entry {
    /// Parses an element of the list, or returns the error.
    fn of(value: Value, number: usize) -> Result<Self, String> {
        let Value::Object(mut fields) = value else {
            return Err(format!("entry {number} must be an object, and is {}", kind(&value)));
        };
        let mut text = |name: &str| match fields.remove(name) {
            Some(Value::String(text)) => Ok(text),
            Some(Value::Object(_)) if name == "Detail" => {
                Err(format!("entry {number}: `Detail` must be text that holds JSON, and is an object"))
            }
            Some(other) => Err(format!("entry {number}: `{name}` must be text, and is {}", kind(&other))),
            None => Err(format!("entry {number}: `{name}` is missing")),
        };
        Ok(Self { source: text("Source")?, detail_type: text("DetailType")?, detail: text("Detail")? })
    }

    /// Applies the overrides. A detail that is not a JSON object is unchanged; the validation reports it.
    pub(crate) fn with(mut self, overrides: &Overrides<'_>) -> Self {
        let changes =
            overrides.fresh.is_some() || overrides.marketplace.is_some() || overrides.email.is_some();
        if !changes {
            return self;
        }
        if let Ok(Value::Object(mut detail)) = serde_json::from_str(&self.detail) {
            if let Some((new, now)) = &overrides.fresh {
                let old = detail.get("id").and_then(Value::as_str).unwrap_or("fact");
                detail.insert("id".to_owned(), new_id(old, new).into());
                // Truncated to milliseconds, as in an event's id.
                let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(*now);
                detail.insert("occurred_at".to_owned(), now.to_string().into());
            }
            if let Some(marketplace) = overrides.marketplace {
                detail.insert("marketplace_id".to_owned(), marketplace.as_str().into());
            }
            if let (Some(email), Some(Value::Object(customer))) =
                (overrides.email, detail.get_mut("customer"))
            {
                customer.insert("email".to_owned(), email.as_str().into());
            }
            self.detail = Value::Object(detail).to_string();
        }
        self
    }

    /// Validates the fact against the contract. Returns `None` for a product, which is not stored as an event.
    pub(crate) fn check(&self) -> Result<Option<Fact>, FactError> {
        if self.detail_type == ProductSaved::DETAIL_TYPE {
            return ProductSaved::receive(&self.detail, clock::now()).map(|_| None);
        }
        let received = Fact::receive(&self.detail_type, &self.detail, clock::now())?;
        Ok(Some(received.fact))
    }

    /// The ids of the fact.
    pub(crate) fn published(&self, secret: &DigestSecret) -> Published {
        let detail: Value = serde_json::from_str(&self.detail).unwrap_or_default();
        let fact = detail.get("id").and_then(Value::as_str).unwrap_or("-").to_owned();
        let event = self.check().ok().flatten().map(|fact| plan::event_id(secret, &fact));
        Published { fact, event }
    }
}

/// Appends a new part to an id within the maximum length. The part that an earlier run appended is replaced.
fn new_id(old: &str, new: &str) -> String {
    let kept = match old.rsplit_once('~') {
        Some((kept, tail)) if tail.len() == NEW_PART => kept,
        _ => old,
    };
    let mut kept = kept;
    while kept.len() > LONGEST_ID - NEW_PART - 1 {
        let mut rest = kept.chars();
        rest.next_back();
        kept = rest.as_str();
    }
    let new: String = new.chars().take(NEW_PART).collect();
    format!("{kept}~{new}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample;

    const SAMPLE: &str = include_str!("../../../../events/samples/order-completed.one-item.json");
    const PRODUCT: &str = include_str!("../../../../events/samples/product-saved.live.json");
    const BROKEN: &str =
        include_str!("../../../../events/samples/invalid/order-completed.missing-email.json");
    const NOTHING: Overrides<'_> = Overrides { fresh: None, marketplace: None, email: None };

    fn entry(text: &str) -> Entry {
        let entries: Vec<Value> = serde_json::from_str(text).unwrap();
        Entry::of(entries[0].clone(), 1).unwrap()
    }

    #[test]
    fn an_entry_of_another_shape_is_told_what_it_lacks() {
        let wrong = |value| Entry::of(value, 2).unwrap_err();
        assert_eq!(wrong(json!("text")), "entry 2 must be an object, and is text");
        assert_eq!(wrong(json!({ "Source": "s", "Detail": "{}" })), "entry 2: `DetailType` is missing");
        let parsed = json!({ "Source": "s", "DetailType": "Order Completed", "Detail": {} });
        assert_eq!(wrong(parsed), "entry 2: `Detail` must be text that holds JSON, and is an object");
        assert_eq!(wrong(json!({ "Source": ["s"] })), "entry 2: `Source` must be text, and is a list");
    }

    #[test]
    fn a_sample_is_published_as_it_is_written() {
        let entry = entry(SAMPLE).with(&NOTHING);
        assert!(SAMPLE.contains(&serde_json::to_string(&entry.detail).unwrap()));
        let Published { fact, event } = entry.published(&sample::secret());
        assert_eq!(fact, "ord_5005.completed");
        assert_eq!(event, entry.check().unwrap().map(|fact| plan::event_id(&sample::secret(), &fact)));
    }

    #[test]
    fn a_fresh_fact_is_another_event_of_the_same_buyer_that_occurs_now() {
        let now = Timestamp::from_nanosecond(1_780_000_000_123_456_789).unwrap();
        let fresh = Overrides { fresh: Some(("a1b2c3d4e5f6a7b8".to_owned(), now)), ..NOTHING };
        let (before, after) = (entry(SAMPLE), entry(SAMPLE).with(&fresh));
        let published = |entry: &Entry| entry.published(&sample::secret());
        assert_eq!(published(&after).fact, "ord_5005.completed~a1b2c3d4e5f6");
        let (before, after) = (published(&before).event.unwrap(), published(&after).event.unwrap());
        assert_eq!(before.buyer, after.buyer);
        assert_ne!(before.fact, after.fact);
        assert_eq!(after.at.as_nanosecond(), 1_780_000_000_123_000_000);
    }

    #[test]
    fn a_new_id_replaces_the_last_new_part_and_is_never_too_long() {
        assert_eq!(new_id("ord~aaaaaaaaaaaa", "bbbbbbbbbbbbbb"), "ord~bbbbbbbbbbbb");
        assert_eq!(new_id("ord~1", "bbbbbbbbbbbb"), "ord~1~bbbbbbbbbbbb");
        assert_eq!(new_id(&"é".repeat(128), "bbbbbbbbbbbb").len(), 255);
    }

    #[test]
    fn marketplace_and_address_are_replaced_and_nothing_else() {
        let (marketplace, email) = ("shop".parse().unwrap(), Email::new("ada@example.com").unwrap());
        let overrides = Overrides { fresh: None, marketplace: Some(&marketplace), email: Some(&email) };
        let changed: Value = serde_json::from_str(&entry(SAMPLE).with(&overrides).detail).unwrap();
        let mut expected: Value = serde_json::from_str(&entry(SAMPLE).detail).unwrap();
        expected["marketplace_id"] = "shop".into();
        expected["customer"]["email"] = "ada@example.com".into();
        assert_eq!(changed, expected);
    }

    #[test]
    fn a_product_has_no_event_and_no_customer_to_change() {
        let email = Email::new("ada@example.com").unwrap();
        let entry = entry(PRODUCT).with(&Overrides { email: Some(&email), ..NOTHING });
        assert_eq!(entry.check().unwrap(), None);
        assert!(!entry.detail.contains("ada@"));
    }

    #[test]
    fn what_breaks_the_contract_is_refused_by_field() {
        let error = entry(BROKEN).check().unwrap_err().to_string();
        assert!(error.contains("`customer.email`"), "{error}");
        let detail = "no JSON".to_owned();
        let entry = Entry { detail, ..entry(BROKEN) };
        let fresh = Overrides { fresh: Some(("a".to_owned(), Timestamp::UNIX_EPOCH)), ..NOTHING };
        assert!(matches!(entry.with(&fresh).check(), Err(FactError::NotJson { .. })));
    }
}
