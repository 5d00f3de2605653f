//! Merges several partitions of one listing, newest first: it decides which partition to read next, and performs no
//! reads itself.
//!
//! A row may be returned once every partition has been read up to its position. So a merge reads little more than it
//! returns, and one position says how far all partitions have been read.

use domain::page::Position;

/// The rows that one read of a partition returned, newest first.
#[derive(Debug)]
pub(super) struct Rows<T, K> {
    pub(super) rows: Vec<(Position, T)>,
    /// The position where the read ended; `None`: the partition's end.
    pub(super) next: Option<K>,
}

/// A read that the caller has to perform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted<K> {
    pub(super) shard: usize,
    /// The position where the previous read ended.
    pub(super) from: Option<K>,
    pub(super) limit: usize,
}

#[derive(Debug)]
struct Shard<K> {
    /// The oldest position that was read; `None`: nothing was read yet.
    reached: Option<Position>,
    next: Option<K>,
    ended: bool,
    /// The number of its rows that were read and not returned.
    waiting: usize,
}

impl<K> Shard<K> {
    /// Whether an unread row may come before this position, or may share it.
    fn is_before(&self, place: Position) -> bool {
        !self.ended && self.reached.is_none_or(|reached| reached >= place)
    }
}

/// The merge.
#[derive(Debug)]
pub(super) struct Merge<T, K> {
    shards: Vec<Shard<K>>,
    /// Rows that were read and not returned, oldest first, with their shard.
    waiting: Vec<(Position, usize, T)>,
    /// The last position of the previous page: only older rows count.
    after: Option<Position>,
    chunk: usize,
    read: usize,
    most: usize,
    given: bool,
}

impl<T, K: Clone> Merge<T, K> {
    /// `want`: how many rows the caller expects; `most`: how many may be read.
    pub(super) fn new(shards: usize, after: Option<Position>, want: usize, most: usize) -> Self {
        let shard = || Shard { reached: None, next: None, ended: false, waiting: 0 };
        Self {
            shards: std::iter::repeat_with(shard).take(shards).collect(),
            waiting: Vec::new(),
            after,
            // Positions are spread over the shards almost evenly.
            chunk: 2 * want / shards.max(1) + 3,
            read: 0,
            most,
            given: false,
        }
    }

    /// The newest row, if no unread row can come before it.
    pub(super) fn pop(&mut self) -> Option<(Position, T)> {
        let (place, _, _) = self.waiting.last()?;
        if self.shards.iter().any(|shard| shard.is_before(*place)) {
            return None;
        }
        self.given = true;
        let (place, shard, row) = self.waiting.pop()?;
        self.shards[shard].waiting -= 1;
        Some((place, row))
    }

    /// The reads that are needed for more rows, to be performed concurrently; none if everything was read, or as much
    /// as allowed.
    pub(super) fn wanted(&mut self) -> Vec<Wanted<K>> {
        let top = self.waiting.last().map(|(place, _, _)| *place);
        // If a read is needed in any case, the shards that will need one soon are read too, because that takes no
        // longer.
        let is_wanted = |shard: &Shard<K>| {
            !shard.ended && (shard.waiting < self.chunk / 4 || top.is_none_or(|top| shard.is_before(top)))
        };
        let shards: Vec<usize> =
            (0..).zip(&self.shards).filter(|(_, shard)| is_wanted(shard)).map(|(index, _)| index).collect();
        let left = self.most.saturating_sub(self.read) / shards.len().max(1);
        // A page must advance, so the first row is read even beyond the limit.
        let limit = if self.given { left.min(self.chunk) } else { self.chunk };
        if limit == 0 {
            return Vec::new();
        }
        self.chunk = (self.chunk * 2).min((self.most / self.shards.len().max(1)).max(1));
        let wanted = |shard| Wanted { shard, from: self.shards[shard].next.clone(), limit };
        shards.into_iter().map(wanted).collect()
    }

    /// Adds the rows of a read.
    pub(super) fn add(&mut self, shard: usize, found: Rows<T, K>) {
        self.read += found.rows.len();
        let state = &mut self.shards[shard];
        state.reached = found.rows.last().map(|(place, _)| *place).or(state.reached);
        state.ended = found.next.is_none();
        state.next = found.next;
        let after = self.after;
        for (place, row) in found.rows {
            if after.is_none_or(|after| place < after) {
                state.waiting += 1;
                self.waiting.push((place, shard, row));
            }
        }
        self.waiting.sort_by_key(|(place, _, _)| *place);
    }

    /// Whether everything was read and returned.
    pub(super) fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.shards.iter().all(|shard| shard.ended)
    }
}

#[cfg(test)]
mod tests;
