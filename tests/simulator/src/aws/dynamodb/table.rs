//! The storage of a table: versions for replicas that are behind, indexes that follow, and TTL that deletes late.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::key::{Key, Schema};
use super::number::Number;
use super::value::{Item, Value};

/// A table.
#[derive(Debug, Clone)]
pub struct TableSettings {
    /// Its keys.
    pub keys: Schema,
    /// Its global secondary indexes, by name.
    pub indexes: BTreeMap<String, IndexSettings>,
    /// The attribute with the time when an item expires, in seconds.
    pub ttl: Option<String>,
}

/// A global secondary index.
#[derive(Debug, Clone)]
pub struct IndexSettings {
    /// Its keys.
    pub keys: Schema,
    /// The attributes beside the keys; `None`: all.
    pub attributes: Option<BTreeSet<String>>,
}

/// Where an item is.
pub(super) type Place = (Key, Key);

/// An item and the versions that replicas may still return.
#[derive(Debug, Default)]
struct Row {
    latest: Option<Arc<Item>>,
    /// Each version with the time when the next one replaced it, oldest first.
    older: Vec<(Timestamp, Option<Arc<Item>>)>,
}

impl Row {
    /// The version at a time.
    fn at(&self, time: Timestamp) -> Option<&Arc<Item>> {
        let older = self.older.iter().find(|(until, _)| *until > time);
        older.map_or(self.latest.as_ref(), |(_, version)| version.as_ref())
    }
}

/// The place of an entry in its partition of an index: the sort key, then the item's own place.
pub(super) type IndexPlace = (Key, Place);

/// A change that an index has not made yet.
#[derive(Debug)]
struct Change {
    due: Timestamp,
    removed: Option<(Key, IndexPlace)>,
    added: Option<(Key, IndexPlace, Arc<Item>)>,
}

#[derive(Debug)]
pub(super) struct Index {
    pub(super) settings: IndexSettings,
    entries: BTreeMap<Key, BTreeMap<IndexPlace, Arc<Item>>>,
    changes: VecDeque<Change>,
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) settings: TableSettings,
    partitions: BTreeMap<Key, BTreeMap<Key, Row>>,
    pub(super) indexes: BTreeMap<String, Index>,
    /// When TTL deletes an item.
    expiries: BTreeSet<(Timestamp, Place)>,
    /// Rows whose old versions can be forgotten, by the time of their last change.
    changed: VecDeque<(Timestamp, Place)>,
}

/// The delays of one write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delays {
    /// For how long replicas may return the version before.
    pub(super) staleness: Duration,
    pub(super) index: Duration,
    pub(super) ttl: Duration,
}

impl Table {
    pub(super) fn new(settings: TableSettings) -> Self {
        let index = |settings: &IndexSettings| Index {
            settings: settings.clone(),
            entries: BTreeMap::new(),
            changes: VecDeque::new(),
        };
        let indexes =
            settings.indexes.iter().map(|(name, settings)| (name.clone(), index(settings))).collect();
        Self {
            settings,
            partitions: BTreeMap::new(),
            indexes,
            expiries: BTreeSet::new(),
            changed: VecDeque::new(),
        }
    }

    /// The item, as it is now.
    pub(super) fn latest(&self, (partition, sort): &Place) -> Option<&Arc<Item>> {
        self.partitions.get(partition)?.get(sort)?.latest.as_ref()
    }

    /// The item, as a replica returns it that is behind since this time.
    pub(super) fn at(&self, (partition, sort): &Place, time: Timestamp) -> Option<&Arc<Item>> {
        self.partitions.get(partition)?.get(sort)?.at(time)
    }

    /// The items of a partition, as a replica returns them.
    pub(super) fn partition(
        &self,
        partition: &Key,
        range: (std::ops::Bound<&Key>, std::ops::Bound<&Key>),
        time: Timestamp,
    ) -> impl DoubleEndedIterator<Item = (&Key, &Arc<Item>)> {
        let rows = self.partitions.get(partition).map(|rows| rows.range::<Key, _>(range));
        rows.into_iter().flatten().filter_map(move |(sort, row)| Some((sort, row.at(time)?)))
    }

    /// All items, as they are now.
    pub(super) fn items(&self) -> impl Iterator<Item = (&Key, &Key, &Arc<Item>)> {
        self.partitions.iter().flat_map(|(partition, rows)| {
            rows.iter().filter_map(move |(sort, row)| Some((partition, sort, row.latest.as_ref()?)))
        })
    }

    /// Replaces an item.
    pub(super) fn write(&mut self, place: &Place, item: Option<&Arc<Item>>, now: Timestamp, delays: Delays) {
        let rows = self.partitions.entry(place.0.clone()).or_default();
        let row = rows.entry(place.1.clone()).or_default();
        let before = std::mem::replace(&mut row.latest, item.map(Arc::clone));
        if delays.staleness > Duration::ZERO {
            row.older.push((now, before.clone()));
            self.changed.push_back((now, place.clone()));
        } else if item.is_none() {
            rows.remove(&place.1);
        }
        for index in self.indexes.values_mut() {
            index.follow(place, before.as_deref(), item, later(now, delays.index));
        }
        if let Some(ttl) = &self.settings.ttl {
            let due = |item: Option<&Arc<Item>>| {
                let second = item?.get(ttl)?.number().and_then(Number::whole)?;
                Timestamp::from_second(second).ok()
            };
            if let Some(due) = due(item) {
                self.expiries.insert((later(due, delays.ttl), place.clone()));
            }
        }
    }

    /// Makes what is due by now: changes of indexes, and deletions of expired items. Returns the deleted items.
    pub(super) fn settle(&mut self, now: Timestamp, delays: Delays) -> Vec<Place> {
        for index in self.indexes.values_mut() {
            index.settle(now);
        }
        while let Some((time, _)) = self.changed.front()
            && later(*time, delays.staleness) < now
            && let Some((time, place)) = self.changed.pop_front()
        {
            self.forget(&place, time);
        }
        let mut deleted = Vec::new();
        while self.expiries.first().is_some_and(|(due, _)| *due <= now)
            && let Some((_, place)) = self.expiries.pop_first()
        {
            // The item may have another time by now.
            if self.latest(&place).is_some_and(|item| self.is_expired(item, now)) {
                self.write(&place, None, now, delays);
                deleted.push(place);
            }
        }
        deleted
    }

    fn forget(&mut self, place: &Place, until: Timestamp) {
        let Some(rows) = self.partitions.get_mut(&place.0) else { return };
        if let Some(row) = rows.get_mut(&place.1) {
            row.older.retain(|(time, _)| *time > until);
            if row.latest.is_none() && row.older.is_empty() {
                rows.remove(&place.1);
            }
        }
        if rows.is_empty() {
            self.partitions.remove(&place.0);
        }
    }

    fn is_expired(&self, item: &Item, now: Timestamp) -> bool {
        let ttl = self.settings.ttl.as_ref().and_then(|ttl| item.get(ttl)).and_then(Value::number);
        ttl.and_then(Number::whole).is_some_and(|second| second <= now.as_second())
    }
}

impl Index {
    /// The attributes of an item that the index has.
    fn projected(&self, item: &Arc<Item>, table: &Place) -> Option<(Key, IndexPlace, Arc<Item>)> {
        let (partition, sort) = self.settings.keys.in_index(item)?;
        let projected = match &self.settings.attributes {
            None => Arc::clone(item),
            Some(names) => {
                let wanted = |name: &String| names.contains(name);
                let parts = item.iter().filter(|(name, _)| wanted(name));
                Arc::new(parts.map(|(name, value)| (name.clone(), value.clone())).collect())
            }
        };
        Some((partition, (sort, table.clone()), projected))
    }

    fn follow(&mut self, place: &Place, before: Option<&Item>, after: Option<&Arc<Item>>, due: Timestamp) {
        let removed = before.and_then(|item| self.settings.keys.in_index(item));
        let removed = removed.map(|(partition, sort)| (partition, (sort, place.clone())));
        let added = after.and_then(|item| self.projected(item, place));
        if removed.is_none() && added.is_none() {
            return;
        }
        // An index makes changes in order.
        let due = self.changes.back().map_or(due, |last| last.due.max(due));
        self.changes.push_back(Change { due, removed, added });
    }

    /// The items of the index, and those that it will have.
    pub(super) fn items(&self) -> impl Iterator<Item = &Arc<Item>> {
        let coming = self.changes.iter().filter_map(|change| Some(&change.added.as_ref()?.2));
        self.entries.values().flat_map(BTreeMap::values).chain(coming)
    }

    fn settle(&mut self, now: Timestamp) {
        while self.changes.front().is_some_and(|change| change.due <= now)
            && let Some(change) = self.changes.pop_front()
        {
            if let Some((partition, place)) = change.removed
                && let Some(entries) = self.entries.get_mut(&partition)
            {
                entries.remove(&place);
                if entries.is_empty() {
                    self.entries.remove(&partition);
                }
            }
            if let Some((partition, place, item)) = change.added {
                self.entries.entry(partition).or_default().insert(place, item);
            }
        }
    }

    pub(super) fn partition(
        &self,
        partition: &Key,
        range: (std::ops::Bound<IndexPlace>, std::ops::Bound<IndexPlace>),
    ) -> impl DoubleEndedIterator<Item = (&IndexPlace, &Arc<Item>)> {
        self.entries.get(partition).map(|entries| entries.range(range)).into_iter().flatten()
    }
}

fn later(time: Timestamp, delay: Duration) -> Timestamp {
    time.checked_add(delay).unwrap_or(Timestamp::MAX)
}
