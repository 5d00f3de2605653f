//! Lists, a page at a time.

use domain::page::{InvalidCursor, Listed, Wanted};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::input::Limit;
use crate::problem::Problem;

/// Which page of a list is asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The most that the page may hold.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 100, default = 25)]
    limit: Option<Limit<25, 100>>,
    /// The `next_cursor` of the page before, with the same filters; the first page where absent.
    #[param(min_length = 1, max_length = 1024)]
    cursor: Option<String>,
}

impl PageQuery {
    /// What is wanted of the listing.
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted { cursor: self.cursor.as_deref(), limit: self.limit.unwrap_or_default().get() }
    }
}

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

    /// A page of a listing, each thing of it as it is shown.
    pub fn of<S>(listed: &Listed<S>) -> Self
    where
        T: for<'s> From<&'s S>,
    {
        Self { items: listed.items.iter().map(T::from).collect(), next_cursor: listed.next_cursor.clone() }
    }
}

/// What a cursor looks like is nobody's business, so one that cannot be used is no mistake in the form of the request.
impl From<InvalidCursor> for Problem {
    fn from(error: InvalidCursor) -> Self {
        Self::invalid("cursor", error.to_string())
    }
}
