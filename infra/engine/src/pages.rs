//! Lists that are read in pages.

use domain::page::{Listed, Wanted};

use crate::terminal::Progress;

/// The number of items per page.
const PAGE: usize = 100;

/// The first `most` items of a list, read in a limited number of pages, because a page can be short or empty while more
/// results follow.
pub(crate) async fn first<T, E>(
    what: &str,
    most: usize,
    pages: usize,
    page: impl AsyncFn(Wanted<'_>) -> Result<Listed<T>, E>,
) -> Result<Vec<T>, E> {
    let progress = Progress::start(&format!("Reading {what}"));
    let (mut found, mut cursor): (Vec<T>, Option<String>) = (Vec::new(), None);
    for _ in 0..pages {
        let wanted = Wanted { cursor: cursor.as_deref(), limit: (most - found.len()).clamp(1, PAGE) };
        let Listed { items, next_cursor } = page(wanted).await?;
        found.extend(items);
        cursor = next_cursor;
        if cursor.is_none() || found.len() >= most {
            break;
        }
        progress.show(&format!("Reading {what}: {} found", found.len()));
    }
    found.truncate(most);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[tokio::test]
    async fn a_list_is_read_on_behind_empty_pages_until_there_is_enough_or_no_more() {
        let pages: [&[u8]; 4] = [&[1, 2], &[], &[3], &[4]];
        let read = async |most, count| {
            let page = async |wanted: Wanted<'_>| {
                let at: usize = wanted.cursor.map_or(0, |cursor| cursor.parse().unwrap());
                let next_cursor = (at + 1 < pages.len()).then(|| (at + 1).to_string());
                Ok::<_, Infallible>(Listed { items: pages[at].to_vec(), next_cursor })
            };
            first("numbers", most, count, page).await.unwrap()
        };
        assert_eq!(read(10, usize::MAX).await, [1, 2, 3, 4]);
        assert_eq!(read(3, usize::MAX).await, [1, 2, 3]);
        assert_eq!(read(1, usize::MAX).await, [1]);
        assert_eq!(read(10, 2).await, [1, 2]);
    }
}
