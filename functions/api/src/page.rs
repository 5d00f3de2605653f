//! Lists, a page at a time.

mod keyed;

use std::str::FromStr;

use domain::page;
use serde::Serialize;
use utoipa::ToSchema;

pub use keyed::Ask;

use crate::problem::Problem;

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

    /// A page of a listing, which is named by the marketplace, what is listed and every filter.
    pub fn of<S, P: ToString>(listing: &[&str], found: &page::Page<S, P>) -> Self
    where
        T: for<'s> From<&'s S>,
    {
        Self {
            items: found.items.iter().map(T::from).collect(),
            next_cursor: found.next.as_ref().map(|place| page::cursor(listing, &place.to_string())),
        }
    }
}

/// How many a page may hold.
///
/// # Errors
/// [`Problem`]: more than there can be, or none.
pub fn limit(asked: Option<u32>) -> Result<usize, Problem> {
    let asked = asked.map_or(USUAL, |asked| usize::try_from(asked).unwrap_or(usize::MAX));
    if (1..=MOST).contains(&asked) {
        return Ok(asked);
    }
    Err(Problem::parameter("limit", format!("A page holds 1 to {MOST}.")))
}

/// Where a page of that listing begins.
///
/// # Errors
/// 422: the cursor is of another listing, or none of ours. What a cursor looks like is nobody's business, so one that
/// cannot be used is no mistake in the form of the request.
pub fn after<P: FromStr>(listing: &[&str], cursor: Option<&str>) -> Result<Option<P>, Problem> {
    let read = |cursor| page::read_cursor(listing, cursor);
    cursor.map(read).transpose().map_err(|error| Problem::invalid("cursor", error.to_string()))
}
