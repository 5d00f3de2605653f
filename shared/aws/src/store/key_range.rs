//! Long lists, read in bounded pages.

use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::page::Page;
use jiff::Timestamp;

use super::{Index, Item, Store, StoreError, is_expired, text, unavailable};

/// The most items that are read for one page if few of them match.
const MOST_READ: usize = 1_000;

/// A range of one partition, in the order of its sort keys.
pub(super) struct KeyRange {
    /// Whether the range is in the index `listing`.
    pub(super) listing: bool,
    pub(super) pk: String,
    /// The prefix of its sort keys, which is omitted in a page's cursor.
    pub(super) prefix: &'static str,
    /// Sorts before the range, after its prefix.
    pub(super) beyond: &'static str,
}

impl Store {
    /// The next matching items of a range, at most `limit`.
    pub(super) async fn page<T>(
        &self,
        key_range: &KeyRange,
        after: Option<&str>,
        limit: usize,
        read: impl Fn(Item) -> Result<T, StoreError>,
        wanted: impl Fn(&T) -> bool,
        now: Timestamp,
    ) -> Result<Page<T, String>, StoreError> {
        let KeyRange { listing, pk, prefix, beyond } = key_range;
        let (pk_name, sk_name) = if *listing { ("listing_pk", "listing_sk") } else { ("pk", "sk") };
        let mut after = after.map(str::to_owned);
        let (mut items, mut seen) = (Vec::new(), 0);
        loop {
            // No sort key ends in a blank, and no character in a sort key sorts before a blank.
            let from = format!("{prefix}{} ", after.as_deref().unwrap_or(beyond));
            let query =
                if *listing { self.query_index(Index::Listing, pk.clone()) } else { self.query(pk.clone()) };
            let query = query
                .key_condition_expression(format!("{pk_name} = :pk AND {sk_name} BETWEEN :from AND :to"))
                .expression_attribute_values(":from", S(from))
                .expression_attribute_values(":to", S(format!("{prefix}{}", char::MAX)))
                .limit(i32::try_from(limit.clamp(25, 100)).unwrap_or(100));
            let answer = query.send().await.map_err(unavailable("Query"))?;
            let more = answer.last_evaluated_key.is_some();
            let entries = answer.items.unwrap_or_default();
            let last = entries.last().map(|entry| text(entry, sk_name));
            let found = if *listing { self.whole(&entries).await? } else { entries };
            let count = found.len();
            for (index, item) in found.into_iter().enumerate() {
                if items.len() == limit {
                    return Ok(Page { items, next: after });
                }
                after = text(&item, sk_name).strip_prefix(prefix).map(str::to_owned);
                seen += 1;
                if is_expired(&item, now) {
                    continue;
                }
                let item = read(item)?;
                if wanted(&item) {
                    items.push(item);
                }
                if items.len() == limit && index + 1 == count && !more {
                    return Ok(Page::end(items));
                }
            }
            if !more {
                return Ok(Page::end(items));
            }
            // The last item may have been deleted after the index was read.
            after = last.and_then(|last| last.strip_prefix(prefix).map(str::to_owned)).or(after);
            if items.len() == limit || seen >= MOST_READ {
                return Ok(Page { items, next: after });
            }
        }
    }
}
