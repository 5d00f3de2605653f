//! BatchGetItem.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Circumstances;
use super::error::Refusal;
use super::expression::{Placeholders, Projection};
use super::table::Table;
use super::value::{Item, Shared, item_size};

/// The most keys of a call.
const MOST: usize = 100;
/// The most bytes of a response.
const LARGEST: usize = 16 << 20;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct BatchGet {
    request_items: BTreeMap<String, Wanted>,
}

/// The keys of one table.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Wanted {
    keys: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consistent_read: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    projection_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expression_attribute_names: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch<'a> {
    responses: BTreeMap<&'a str, Vec<Shared>>,
    unprocessed_keys: BTreeMap<&'a str, Wanted>,
}

impl BatchGet {
    pub(super) fn tables(&self) -> impl Iterator<Item = &str> {
        self.request_items.keys().map(String::as_str)
    }

    /// Reads the items in the order of their keys. Under throttling, and beyond the size of a response, the rest of the
    /// keys is unprocessed.
    pub(super) fn run(
        &self,
        tables: &BTreeMap<String, Table>,
        with: &mut Circumstances<'_>,
    ) -> Result<Batch<'_>, Refusal> {
        let count = self.request_items.values().map(|keys| keys.keys.len()).sum();
        if !(1..=MOST).contains(&count) {
            let why = if count == 0 {
                "The batch has no keys"
            } else {
                "Too many items requested for the BatchGetItem call"
            };
            return Err(Refusal::validation(why.to_owned()));
        }
        let (mut responses, mut unprocessed_keys) = (BTreeMap::new(), BTreeMap::new());
        // The first keys are processed in any case.
        let throttled = with.chance.happens(with.faults.throttles);
        let mut left = if throttled { 1 + with.chance.below(count) } else { count };
        let mut bytes = 0;
        for (name, keys) in &self.request_items {
            let table = tables.get(name).ok_or(Refusal::NotFound)?;
            let placeholders = Placeholders::new(keys.expression_attribute_names.as_ref(), None);
            let projection = keys.projection_expression.as_deref();
            let projection = projection.map(|text| Projection::parse(text, &placeholders)).transpose()?;
            placeholders.all_used()?;
            let places = keys.keys.iter().map(|key| table.settings.keys.of_key(key));
            let places = places.collect::<Result<Vec<_>, _>>()?;
            if places.iter().collect::<BTreeSet<_>>().len() < places.len() {
                return Err(Refusal::validation("Provided list of item keys contains duplicates".to_owned()));
            }
            let time = with.read_at(keys.consistent_read);
            let (mut found, mut rest) = (Vec::new(), Vec::new());
            for (place, key) in places.iter().zip(&keys.keys) {
                let item = table.at(place, time);
                bytes += item.map_or(0, |item| item_size(item));
                if left == 0 || bytes > LARGEST {
                    rest.push(key.clone());
                    continue;
                }
                left -= 1;
                found.extend(item.map(|item| match &projection {
                    None => Shared(Arc::clone(item)),
                    Some(projection) => Shared(Arc::new(projection.of(item))),
                }));
            }
            responses.insert(name.as_str(), found);
            if !rest.is_empty() {
                unprocessed_keys.insert(name.as_str(), Wanted { keys: rest, ..keys.clone() });
            }
        }
        Ok(Batch { responses, unprocessed_keys })
    }
}
