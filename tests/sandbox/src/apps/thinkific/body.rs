//! Reads the body of a write and the parameters of a page.
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::refused::Refused;
use crate::exchange::{Reply, Request};

/// The maximum page size; a greater limit is reduced to it.
const MOST: usize = 250;

/// The fields of a JSON object. A body of another media type is not read, so every field counts as missing.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn read(request: &Request) -> Self {
        let json = request.media_type().as_deref() == Some("application/json");
        Self(json.then(|| serde_json::from_slice(&request.body).ok()).flatten().unwrap_or_default())
    }

    /// A text that is not blank.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.trim().is_empty())
    }

    /// An id: a number, not a text of digits. The vendor may be less strict.
    pub(super) fn id(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    /// A boolean, false if absent.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Refused> {
        match self.0.get(name) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or(Refused::Fields(vec![(name, "is invalid")])),
        }
    }

    /// A date in ISO 8601. The effect of a null is not documented; here it is rejected, as is an invalid date.
    pub(super) fn date(&self, name: &'static str) -> Result<Option<Timestamp>, Refused> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let date = value.as_str().and_then(|text| text.parse().ok());
        date.map(Some).ok_or(Refused::Fields(vec![(name, "is invalid")]))
    }
}

/// The start and end of an enrollment in a request.
pub(super) struct Terms {
    pub(super) activated_at: Option<Timestamp>,
    pub(super) expiry_date: Option<Timestamp>,
}

impl Terms {
    pub(super) fn read(fields: &Fields) -> Result<Self, Refused> {
        Ok(Self { activated_at: fields.date("activated_at")?, expiry_date: fields.date("expiry_date")? })
    }
}

/// A number in the query.
pub(super) fn queried(request: &Request, name: &str) -> Option<u64> {
    request.query(name)?.parse().ok()
}

/// The page for `page` (default 1) and `limit` (default 25).
pub(super) fn page(request: &Request, all: Vec<Value>) -> Reply {
    let number = |name: &str, default: usize| {
        let asked = request.query(name).and_then(|text| text.parse().ok());
        asked.filter(|number| *number > 0).unwrap_or(default)
    };
    let (page, limit) = (number("page", 1), number("limit", 25).min(MOST));
    let (total, pages) = (all.len(), all.len().div_ceil(limit).max(1));
    let items: Vec<Value> = all.into_iter().skip((page - 1).saturating_mul(limit)).take(limit).collect();
    let pagination = json!({
        "current_page": page,
        "next_page": (page < pages).then_some(page + 1),
        "prev_page": (page > 1).then(|| page - 1),
        "total_pages": pages,
        "total_items": total,
        "entries_info": format!("{} of {total}", items.len()),
    });
    Reply::json(axum::http::StatusCode::OK, &json!({ "items": items, "meta": { "pagination": pagination } }))
}
