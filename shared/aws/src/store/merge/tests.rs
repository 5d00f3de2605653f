use domain::id::{EventId, FactKey, JobPart};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn sort_key(place: &Position) -> (Timestamp, FactKey, Option<JobPart>) {
    (place.at, place.fact, place.part)
}

/// A table's listing: the rows of each shard, newest first.
#[derive(Debug)]
struct Table(Vec<Vec<Position>>);

impl Table {
    /// `facts`: time, fact, and its number of jobs. Some facts belong to two buyers, at the same time.
    fn of(shards: usize, facts: &[(u8, u16, u8)]) -> Self {
        let mut table = Self(vec![Vec::new(); shards]);
        for (millis, fact, jobs) in facts {
            let at = Timestamp::from_millisecond(i64::from(*millis)).unwrap();
            let fact = FactKey::of(&[&fact.to_string()]);
            let shard = usize::from(fact.shard(u8::try_from(shards).unwrap()));
            for buyer in ["0123456789abcdef", "fedcba9876543210"].iter().take(1 + usize::from(millis % 2)) {
                let event = Position::of_event(&EventId::new(at, buyer.parse().unwrap(), fact));
                let jobs =
                    (0..*jobs).map(|job| Position { part: Some(JobPart::of(&[&job.to_string()])), ..event });
                table.0[shard].extend(std::iter::once(event).chain(jobs));
            }
        }
        for shard in &mut table.0 {
            // The index does not sort by buyer: equal sort keys may have any order, such as this one.
            shard.sort_by(|a, b| sort_key(b).cmp(&sort_key(a)).then(a.cmp(b)));
            shard.dedup();
        }
        table
    }

    fn all(&self) -> Vec<Position> {
        let mut all: Vec<_> = self.0.concat();
        all.sort_by(|a, b| b.cmp(a));
        all
    }

    /// Returns rows as the table does: not newer than the position, from the end of the previous read, and at most the
    /// limit.
    fn read(&self, wanted: &Wanted<usize>, after: Option<Position>, pages: usize) -> Rows<(), usize> {
        let rows: Vec<_> = self.0[wanted.shard]
            .iter()
            .filter(|place| after.is_none_or(|after| sort_key(place) <= sort_key(&after)))
            .collect();
        let start = wanted.from.unwrap_or(0);
        let end = rows.len().min(start + wanted.limit.min(pages));
        let next = (end < rows.len()).then_some(end);
        Rows { rows: rows[start..end].iter().map(|place| (**place, ())).collect(), next }
    }

    /// One page, the number of rows that it read, and the start of the next page.
    fn page(
        &self,
        after: Option<Position>,
        limit: usize,
        most: usize,
        pages: usize,
    ) -> (Vec<Position>, usize, Option<Position>) {
        let mut merge = Merge::new(self.0.len(), after, limit, most);
        let mut page = Vec::new();
        loop {
            while page.len() < limit
                && let Some((place, ())) = merge.pop()
            {
                page.push(place);
            }
            let wanted = if page.len() < limit { merge.wanted() } else { Vec::new() };
            if wanted.is_empty() {
                let next = if merge.is_over() { None } else { page.last().copied().or(after) };
                return (page, merge.read, next);
            }
            for wanted in wanted {
                let rows = self.read(&wanted, after, pages);
                merge.add(wanted.shard, rows);
            }
        }
    }
}

proptest! {
    #[test]
    fn pages_together_are_everything_in_order_and_nothing_twice(
        facts in prop::collection::vec((0u8..12, any::<u16>(), 0u8..4), 0..120),
        shards in 1usize..9,
        limit in 1usize..40,
        most in 1usize..400,
        // The table may end a read early, as DynamoDB does at 1 MB.
        pages in 1usize..60,
    ) {
        let table = Table::of(shards, &facts);
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let (page, _, next) = table.page(after, limit, most, pages);
            prop_assert!(page.len() <= limit);
            prop_assert!(next.is_none() || !page.is_empty(), "a page that does not advance");
            seen.extend(page);
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        prop_assert_eq!(seen, table.all());
    }

    #[test]
    fn a_page_reads_no_more_than_it_may(
        facts in prop::collection::vec((any::<u8>(), any::<u16>(), 0u8..4), 0..400),
        limit in 1usize..101,
    ) {
        let table = Table::of(8, &facts);
        let (page, read, _) = table.page(None, limit, 400, usize::MAX);
        prop_assert!(read <= 400, "{read}");
        // A page ends only because it is full, at the end, or at the limit of reads.
        prop_assert!(page.len() == limit || read > 350 || page.len() == table.all().len(), "{} of {read}", page.len());
    }
}

#[test]
fn a_page_of_a_long_listing_costs_the_same_as_of_a_short_one() {
    let facts = |count: u16| (0..count).map(|n| (u8::try_from(n % 251).unwrap(), n, 0)).collect::<Vec<_>>();
    let read = |count| Table::of(8, &facts(count)).page(None, 25, 400, usize::MAX).1;
    assert!(read(100) <= 100 && read(10_000) <= 100, "{} and {}", read(100), read(10_000));
}
