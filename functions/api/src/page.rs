//! Lists, a page at a time.

use serde::Serialize;
use utoipa::ToSchema;

/// The most that one page holds.
pub const MOST: usize = 100;
/// As many as a page holds where the request does not say.
pub const USUAL: usize = 25;

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// What it holds.
    pub items: Vec<T>,
    /// What the next page is asked for with, as `cursor`; null where this is the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A list that is whole on one page.
    pub fn whole(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), next_cursor: None }
    }
}
