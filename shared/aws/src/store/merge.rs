//! Several partitions of one listing as one, newest first: decides what to read next, and reads nothing itself.
//!
//! A place may be handed out once every partition has been read as far as that place. So a merge reads little more than
//! it gives, and one place stands for how far all partitions have been read.

use domain::page::Position;

/// What one read of a partition found, newest first.
#[derive(Debug)]
pub(super) struct Rows<T, K> {
    pub(super) rows: Vec<(Position, T)>,
    /// Where the read ended; `None`: at the partition's end.
    pub(super) next: Option<K>,
}

/// A read that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted<K> {
    pub(super) shard: usize,
    /// Where the read before ended.
    pub(super) from: Option<K>,
    pub(super) limit: usize,
}

#[derive(Debug)]
struct Shard<K> {
    /// The oldest place that was read; `None`: nothing was read yet.
    reached: Option<Position>,
    next: Option<K>,
    ended: bool,
    /// How many of its rows wait.
    waiting: usize,
}

impl<K> Shard<K> {
    /// Whether a row that was not read may come before that place, or beside it.
    fn is_before(&self, place: Position) -> bool {
        !self.ended && self.reached.is_none_or(|reached| reached >= place)
    }
}

/// The merge.
#[derive(Debug)]
pub(super) struct Merge<T, K> {
    shards: Vec<Shard<K>>,
    /// What was read and not handed out, oldest first, with its shard.
    waiting: Vec<(Position, usize, T)>,
    /// Handed out before: only what is older counts.
    after: Option<Position>,
    chunk: usize,
    read: usize,
    most: usize,
    given: bool,
}

impl<T, K: Clone> Merge<T, K> {
    /// `want`: how many rows the reader hopes for; `most`: how many may be read.
    pub(super) fn new(shards: usize, after: Option<Position>, want: usize, most: usize) -> Self {
        let shard = || Shard { reached: None, next: None, ended: false, waiting: 0 };
        Self {
            shards: std::iter::repeat_with(shard).take(shards).collect(),
            waiting: Vec::new(),
            after,
            // Places spread evenly over the shards, and not quite evenly.
            chunk: 2 * want / shards.max(1) + 3,
            read: 0,
            most,
            given: false,
        }
    }

    /// The newest row that nothing unread can come before.
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

    /// The reads that it takes for more, to be made side by side; none when all is read, or as much as may be.
    pub(super) fn wanted(&mut self) -> Vec<Wanted<K>> {
        let top = self.waiting.last().map(|(place, _, _)| *place);
        // Whoever is asked anyway waits no longer when those that will be asked soon are asked too.
        let is_wanted = |shard: &Shard<K>| {
            !shard.ended && (shard.waiting < self.chunk / 4 || top.is_none_or(|top| shard.is_before(top)))
        };
        let shards: Vec<usize> =
            (0..).zip(&self.shards).filter(|(_, shard)| is_wanted(shard)).map(|(index, _)| index).collect();
        let left = self.most.saturating_sub(self.read) / shards.len().max(1);
        // Whoever reads on must come further, so the first row is worth more than the bound.
        let limit = if self.given { left.min(self.chunk) } else { self.chunk };
        if limit == 0 {
            return Vec::new();
        }
        self.chunk = (self.chunk * 2).min((self.most / self.shards.len().max(1)).max(1));
        let wanted = |shard| Wanted { shard, from: self.shards[shard].next.clone(), limit };
        shards.into_iter().map(wanted).collect()
    }

    /// Takes what a read found.
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

    /// Whether everything was read and handed out.
    pub(super) fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.shards.iter().all(|shard| shard.ended)
    }
}

#[cfg(test)]
mod tests;
