//! Pagination of lists.

use domain::page::{InvalidCursor, Listed, Wanted};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::input::Limit;
use crate::problem::Problem;

/// The maximum number of results on a page.
pub(crate) const MOST_ON_A_PAGE: usize = 100;

/// The page to return.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The maximum number of results on the page.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 100, default = 25)]
    limit: Option<Limit<25, MOST_ON_A_PAGE>>,
    /// The `next_cursor` of the previous page, with the same filters. If absent, the first page is returned.
    #[param(min_length = 1, max_length = 1024)]
    cursor: Option<String>,
}

impl PageQuery {
    /// The page as a request to the listing.
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted { cursor: self.cursor.as_deref(), limit: self.limit.unwrap_or_default().get() }
    }
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// The results on this page.
    pub items: Vec<T>,
    /// The `cursor` of the next page. Null if this is the last page.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page with the whole list.
    pub fn whole(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), next_cursor: None }
    }

    /// A page of a listing, with each item converted to its representation.
    pub fn of<S>(listed: &Listed<S>) -> Self
    where
        T: for<'s> From<&'s S>,
    {
        Self { items: listed.items.iter().map(T::from).collect(), next_cursor: listed.next_cursor.clone() }
    }
}

/// Cursors are opaque to callers, so an unusable cursor is not reported as malformed.
impl From<InvalidCursor> for Problem {
    fn from(error: InvalidCursor) -> Self {
        Self::invalid("cursor", error.to_string())
    }
}
