//! GetItem and Query.

use std::collections::BTreeMap;
use std::ops::Bound as Edge;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::capacity::{self, Capacity, Reported};
use super::error::Refusal;
use super::expression::{Bound, Condition, KeyCondition, Kind, Placeholders, Projection};
use super::key::{Key, Schema};
use super::table::{IndexPlace, Table};
use super::value::{Item, Shared, Value, item_size};

/// The most bytes that a query reads for one page.
const PAGE: usize = 1 << 20;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Get {
    pub(super) table_name: String,
    key: Item,
    pub(super) consistent_read: Option<bool>,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    return_consumed_capacity: Option<Reported>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Got {
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Shared>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Capacity>,
}

impl Get {
    pub(super) fn run(&self, table: &Table, time: Timestamp) -> Result<Got, Refusal> {
        let placeholders = Placeholders::new(self.expression_attribute_names.as_ref(), None);
        let projection = self.projection_expression.as_deref();
        let projection = projection.map(|text| Projection::parse(text, &placeholders)).transpose()?;
        placeholders.all_used()?;
        let place = table.settings.keys.of_key(&self.key)?;
        let item = table.at(&place, time);
        let units =
            capacity::read(item.map_or(0, |item| item_size(item)), self.consistent_read == Some(true));
        let shown = |item: &Arc<Item>| match &projection {
            None => Shared(Arc::clone(item)),
            Some(projection) => Shared(Arc::new(projection.of(item))),
        };
        Ok(Got {
            item: item.map(shown),
            consumed_capacity: Capacity::report(self.return_consumed_capacity, &self.table_name, units),
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Select {
    AllAttributes,
    AllProjectedAttributes,
    SpecificAttributes,
    Count,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Query {
    pub(super) table_name: String,
    index_name: Option<String>,
    key_condition_expression: Option<String>,
    filter_expression: Option<String>,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<BTreeMap<String, Value>>,
    select: Option<Select>,
    limit: Option<i64>,
    pub(super) consistent_read: Option<bool>,
    scan_index_forward: Option<bool>,
    exclusive_start_key: Option<Item>,
    return_consumed_capacity: Option<Reported>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Queried {
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<Shared>>,
    pub(super) count: usize,
    scanned_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_evaluated_key: Option<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Capacity>,
}

impl Query {
    pub(super) fn run(&self, table: &Table, time: Timestamp) -> Result<Queried, Refusal> {
        let placeholders = Placeholders::new(
            self.expression_attribute_names.as_ref(),
            self.expression_attribute_values.as_ref(),
        );
        let index = match &self.index_name {
            None => None,
            Some(name) => Some(table.indexes.get(name).ok_or_else(|| {
                Refusal::validation(format!("The table does not have the specified index: {name}"))
            })?),
        };
        if index.is_some() && self.consistent_read == Some(true) {
            return Err(Refusal::validation(
                "Consistent reads are not supported on global secondary indexes".to_owned(),
            ));
        }
        if let Some(limit) = self.limit.filter(|limit| *limit < 1) {
            return Err(Refusal::validation(format!(
                "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
            )));
        }
        let keys = index.map_or(&table.settings.keys, |index| &index.settings.keys);
        let condition = self.key_condition_expression.as_deref().ok_or_else(|| {
            Refusal::validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.".to_owned())
        })?;
        let condition = KeyCondition::parse(condition, &placeholders, keys.names())?;
        let filter = self.filter_expression.as_deref();
        let filter = filter.map(|text| Condition::parse(Kind::Filter, text, &placeholders)).transpose()?;
        let projection = self.projection_expression.as_deref();
        let projection = projection.map(|text| Projection::parse(text, &placeholders)).transpose()?;
        placeholders.all_used()?;
        if let Some(key) = filter.iter().flat_map(Condition::attributes).find(|name| keys.has(name)) {
            return Err(Refusal::validation(format!(
                "Filter Expression can only contain non-primary key attributes: Primary key attribute: {key}"
            )));
        }
        let range = Range::read(&condition, keys)?;
        let start = self.start(table, index.map(|index| &index.settings.keys), &range)?;
        let forward = self.scan_index_forward != Some(false);
        let mut page =
            Page::new(self.limit, filter.as_ref(), projection.as_ref(), self.select == Some(Select::Count));
        if let Some(index) = index {
            let edges = range.in_index(start, forward);
            let found = index.partition(&range.partition, edges).map(|(_, item)| item);
            if forward { page.fill(found) } else { page.fill(found.rev()) }
        } else {
            let (low, high) = range.in_table(start.map(|(_, (_, sort))| sort), forward);
            let found = table.partition(&range.partition, (low.as_ref(), high.as_ref()), time);
            let found = found.map(|(_, item)| item);
            if forward { page.fill(found) } else { page.fill(found.rev()) }
        }
        let last = page.stopped_at.take().map(|item| {
            let mut key = Item::new();
            for schema in
                [Some(&table.settings.keys), index.map(|index| &index.settings.keys)].into_iter().flatten()
            {
                for attribute in schema.attributes() {
                    if let Some(value) = item.get(&attribute.name) {
                        key.insert(attribute.name.clone(), value.clone());
                    }
                }
            }
            key
        });
        let units = capacity::read(page.bytes, self.consistent_read == Some(true));
        Ok(Queried {
            count: page.count,
            scanned_count: page.scanned,
            items: Some(page.items).filter(|_| self.select != Some(Select::Count)),
            last_evaluated_key: last,
            consumed_capacity: Capacity::report(self.return_consumed_capacity, &self.table_name, units),
        })
    }

    /// The place after which the page begins.
    fn start(
        &self,
        table: &Table,
        index: Option<&Schema>,
        range: &Range,
    ) -> Result<Option<IndexPlace>, Refusal> {
        let Some(start) = &self.exclusive_start_key else { return Ok(None) };
        let invalid = |why: &str| Refusal::validation(format!("The provided starting key is {why}"));
        let table_keys = &table.settings.keys;
        let attributes = table_keys.attributes().chain(index.into_iter().flat_map(Schema::attributes));
        let names: std::collections::BTreeSet<_> = attributes.map(|attribute| &attribute.name).collect();
        if start.len() != names.len() {
            return Err(invalid("invalid"));
        }
        let own: Item = start
            .iter()
            .filter(|(name, _)| table_keys.has(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let place = table_keys.of_key(&own).map_err(|_| invalid("invalid"))?;
        let (partition, sort) = match index {
            None => place.clone(),
            Some(keys) => keys.in_index(start).ok_or_else(|| invalid("invalid"))?,
        };
        if partition != range.partition {
            return Err(invalid("outside query boundaries based on provided conditions"));
        }
        Ok(Some((sort, place)))
    }
}

/// The sort keys of a partition that a query reads.
#[derive(Debug)]
struct Range {
    partition: Key,
    low: Edge<Key>,
    high: Edge<Key>,
}

impl Range {
    fn read(condition: &KeyCondition<'_>, keys: &Schema) -> Result<Self, Refusal> {
        let key = |value: &Value, kind: Option<&str>| {
            let found = Some(value).filter(|value| Some(value.kind()) == kind).and_then(Key::of);
            found.ok_or_else(|| {
                Refusal::validation("One or more parameter values were invalid: Condition parameter type does not match schema type".to_owned())
            })
        };
        let sort = |value: &Value| key(value, keys.sort.as_ref().map(|sort| sort.kind.as_str()));
        let (low, high) = match condition.range {
            Bound::All => (Edge::Unbounded, Edge::Unbounded),
            Bound::Equal(value) => {
                let key = sort(value)?;
                (Edge::Included(key.clone()), Edge::Included(key))
            }
            Bound::Less(value) => (Edge::Unbounded, Edge::Excluded(sort(value)?)),
            Bound::AtMost(value) => (Edge::Unbounded, Edge::Included(sort(value)?)),
            Bound::Greater(value) => (Edge::Excluded(sort(value)?), Edge::Unbounded),
            Bound::AtLeast(value) => (Edge::Included(sort(value)?), Edge::Unbounded),
            Bound::Between(low, high) => (Edge::Included(sort(low)?), Edge::Included(sort(high)?)),
            Bound::BeginsWith(prefix) => {
                let prefix = sort(prefix)?;
                let after = prefix.after_prefix();
                (Edge::Included(prefix), Edge::Excluded(after))
            }
        };
        Ok(Self { partition: key(condition.partition, Some(&keys.partition.kind))?, low, high })
    }

    /// The edges in a table, from the start in the direction of the query.
    fn in_table(&self, start: Option<Key>, forward: bool) -> (Edge<Key>, Edge<Key>) {
        let (mut low, mut high) = (self.low.clone(), self.high.clone());
        if let Some(start) = start {
            let edge = if forward { &mut low } else { &mut high };
            *edge = Edge::Excluded(start);
        }
        if is_empty(&low, &high) { nothing(&Key::None) } else { (low, high) }
    }

    /// The edges in an index.
    fn in_index(&self, start: Option<IndexPlace>, forward: bool) -> (Edge<IndexPlace>, Edge<IndexPlace>) {
        let first = || (Key::None, Key::None);
        let last = || (Key::Max, Key::Max);
        let mut low = match self.low.clone() {
            Edge::Unbounded => Edge::Unbounded,
            Edge::Included(key) => Edge::Included((key, first())),
            Edge::Excluded(key) => Edge::Excluded((key, last())),
        };
        let mut high = match self.high.clone() {
            Edge::Unbounded => Edge::Unbounded,
            Edge::Included(key) => Edge::Included((key, last())),
            Edge::Excluded(key) => Edge::Excluded((key, first())),
        };
        if let Some(start) = start {
            let edge = if forward { &mut low } else { &mut high };
            *edge = Edge::Excluded(start);
        }
        if is_empty(&low, &high) { nothing(&(Key::None, first())) } else { (low, high) }
    }
}

fn is_empty<K: Ord>(low: &Edge<K>, high: &Edge<K>) -> bool {
    match (low, high) {
        (Edge::Included(low), Edge::Included(high)) => low > high,
        (Edge::Included(low) | Edge::Excluded(low), Edge::Included(high) | Edge::Excluded(high)) => {
            low >= high
        }
        _ => false,
    }
}

/// An empty range that a map accepts.
fn nothing<K: Clone>(key: &K) -> (Edge<K>, Edge<K>) {
    (Edge::Included(key.clone()), Edge::Excluded(key.clone()))
}

/// A page of a query.
#[derive(Debug)]
struct Page<'p> {
    limit: usize,
    filter: Option<&'p Condition<'p>>,
    projection: Option<&'p Projection<'p>>,
    only_count: bool,
    items: Vec<Shared>,
    count: usize,
    scanned: usize,
    bytes: usize,
    stopped_at: Option<Arc<Item>>,
}

impl<'p> Page<'p> {
    fn new(
        limit: Option<i64>,
        filter: Option<&'p Condition<'p>>,
        projection: Option<&'p Projection<'p>>,
        only_count: bool,
    ) -> Self {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let (items, stopped_at) = (Vec::new(), None);
        Self { limit, filter, projection, only_count, items, count: 0, scanned: 0, bytes: 0, stopped_at }
    }

    /// Reads items until the page is full, whether the filter lets them pass or not.
    fn fill<'i>(&mut self, found: impl Iterator<Item = &'i Arc<Item>>) {
        let mut last: Option<&Arc<Item>> = None;
        for item in found {
            let size = item_size(item);
            if let Some(last) = last
                && (self.scanned >= self.limit || self.bytes + size > PAGE)
            {
                self.stopped_at = Some(Arc::clone(last));
                return;
            }
            self.scanned += 1;
            self.bytes += size;
            last = Some(item);
            if self.filter.is_none_or(|filter| filter.holds(item)) {
                self.count += 1;
                if !self.only_count {
                    self.items.push(match self.projection {
                        None => Shared(Arc::clone(item)),
                        Some(projection) => Shared(Arc::new(projection.of(item))),
                    });
                }
            }
        }
        // DynamoDB does not look whether the item that filled the page was the last.
        if self.scanned == self.limit {
            self.stopped_at = last.map(Arc::clone);
        }
    }
}
