//! Pages of the operator's lists, whose cursor is the key that a page ended with.

use data_encoding::HEXLOWER;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{MOST, Page, USUAL};
use crate::problem::Problem;

/// The longest cursor. It is a key of the table in hexadecimal digits.
const LONGEST_CURSOR: usize = 600;

impl<T> Page<T> {
    /// A page of the table's, each thing of it as it is shown.
    pub fn keyed<S>(page: aws::store::Page<S>, show: impl Fn(S) -> T) -> Self {
        let next_cursor = page.next.map(|after| HEXLOWER.encode(after.as_bytes()));
        Self { items: page.items.into_iter().map(show).collect(), next_cursor }
    }
}

/// Which page of a list is asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The most that the page may hold.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before; the first page where absent.
    #[param(max_length = 600, pattern = "^([2-6][0-9a-f]|7[0-9a-e])+$")]
    cursor: Option<String>,
}

impl Ask {
    /// The most that the page may hold.
    ///
    /// # Errors
    /// 400: it is out of bounds.
    pub fn limit(&self) -> Result<usize, Problem> {
        match self.limit.unwrap_or(USUAL) {
            limit @ 1..=MOST => Ok(limit),
            _ => Err(Problem::parameter("limit", format!("It must be 1 to {MOST}."))),
        }
    }

    /// After what the page begins.
    ///
    /// # Errors
    /// 400: the cursor is not one of ours.
    pub fn after(&self) -> Result<Option<String>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let fits = (2..=LONGEST_CURSOR).contains(&cursor.len());
        let bytes = HEXLOWER.decode(cursor.as_bytes()).ok().filter(|_| fits);
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.filter(|text| text.chars().all(|c| (' '..='~').contains(&c)));
        text.map(Some).ok_or_else(|| Problem::parameter("cursor", "Give the next_cursor of a page, whole."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_anything_else_is_refused() {
        let table = aws::store::Page { items: vec![1], next: Some("OK#shop-1#int_1".to_owned()) };
        let page = Page::keyed(table, |item| item);
        let ask = |cursor: &str| Ask { limit: None, cursor: Some(cursor.to_owned()) };
        let after = ask(&page.next_cursor.unwrap()).after().unwrap();
        assert_eq!(after.as_deref(), Some("OK#shop-1#int_1"));
        for wrong in ["", "ü", "a b", "4", "4g", "ff", "0a", "+4"] {
            assert!(ask(wrong).after().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_limit_is_one_to_a_hundred() {
        let ask = |limit| Ask { limit, cursor: None }.limit();
        assert_eq!((ask(None).unwrap(), ask(Some(1)).unwrap(), ask(Some(100)).unwrap()), (25, 1, 100));
        assert!(ask(Some(0)).is_err() && ask(Some(101)).is_err());
    }
}
