//! Reading what a request writes and how it pages.
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::refused::Refused;
use crate::exchange::{Reply, Request};

/// The most on a page; a greater limit is taken for it.
const MOST: usize = 250;

/// The fields of a JSON object. Of another media type nothing is read, so that every field counts as missing.
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

    /// An id: a number, not a text with digits in it. Stricter than the vendor may be.
    pub(super) fn id(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    /// Off where it is not said.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Refused> {
        match self.0.get(name) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or(Refused::Fields(vec![(name, "is invalid")])),
        }
    }

    /// A date in ISO 8601. What a null does is not documented; here it is refused, as is what cannot be read.
    pub(super) fn date(&self, name: &'static str) -> Result<Option<Timestamp>, Refused> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let date = value.as_str().and_then(|text| text.parse().ok());
        date.map(Some).ok_or(Refused::Fields(vec![(name, "is invalid")]))
    }
}

/// What a request says of an enrollment's beginning and end.
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

/// The page that `page` (1) and `limit` (25) ask for.
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
