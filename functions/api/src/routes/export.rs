//! The Action Log as CSV.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::log::JobRecord;
use domain::page::Wanted;
use runtime::clock;
use serde::Deserialize;
use utoipa::IntoParams;

use super::actions::Query;
use super::filters::Facts;
use crate::auth::Portal;
use crate::csv::Csv;
use crate::input::{Both, Params};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;

/// The maximum number of pages of the log that one response reads, with up to `ACTIONS` actions each.
const MOST_PAGES: usize = 10;
const ACTIONS: usize = 100;
/// The header with the cursor of the next part.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("next-cursor");

const COLUMNS: [&str; 18] = [
    "id",
    "event",
    "occurred_at",
    "updated_at",
    "status",
    "trigger",
    "rule",
    "app",
    "integration",
    "action",
    "target",
    "email",
    "line",
    "attempts",
    "next_attempt",
    "message",
    "hint",
    "test",
];

/// Which part of the export is requested.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Part {
    /// The `next-cursor` header of the previous part, with the same filters. If absent, the first part is returned.
    #[param(min_length = 1, max_length = 1024)]
    cursor: Option<String>,
}

/// A target in one cell: `list=1f4a; tag=Buyer`.
fn target(values: &BTreeMap<String, String>) -> String {
    let parts: Vec<_> = values.iter().map(|(setting, value)| format!("{setting}={value}")).collect();
    parts.join("; ")
}

fn row(action: &JobRecord) -> [String; 18] {
    let reason = action.reason.as_ref();
    [
        action.id.to_string(),
        action.id.event.to_string(),
        action.occurred_at.to_string(),
        action.updated_at.to_string(),
        action.status.key().to_owned(),
        action.trigger.key().to_owned(),
        action.rule.to_string(),
        action.app.key().to_owned(),
        action.integration.to_string(),
        action.action.clone(),
        target(&action.target),
        action.email.clone(),
        action.line.clone().unwrap_or_default(),
        action.attempts.to_string(),
        action.next_attempt.map(|at| at.to_string()).unwrap_or_default(),
        reason.map(|reason| reason.message.clone()).unwrap_or_default(),
        reason.and_then(|reason| reason.hint.clone()).unwrap_or_default(),
        action.test.to_string(),
    ]
}

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(export))
}

/// Export the Action Log as CSV, newest fact first
///
/// The filters are those of the Action Log. A response has up to 1,000 actions, after a row with the column names. The
/// header `next-cursor` has the cursor of the next part; the last part does not have the header. A cell that a
/// spreadsheet would read as a formula begins with an apostrophe.
#[utoipa::path(
    get, path = "/v1/actions/export", tag = "actions", params(Query, Facts, Part),
    responses((
        status = 200, content_type = "text/csv", body = String,
        headers(("next-cursor" = Option<String>, description = "The cursor of the next part")),
    ))
)]
async fn export(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Params(Both(query, Both(facts, Part { mut cursor }))): Params<Both<Query, Both<Facts, Part>>>,
) -> Result<Response, Problem> {
    let (m, now) = (portal.marketplace(), clock::now());
    let filter = query.filter(facts.actions(&api.secret, m));
    let mut csv = Csv::new(&COLUMNS);
    for _ in 0..MOST_PAGES {
        let wanted = Wanted { cursor: cursor.as_deref(), limit: ACTIONS };
        let page = api.engine.log().actions(m, &filter, wanted, now).await?;
        page.items.iter().for_each(|action| csv.row(&row(action)));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let mut response = csv.into_response();
    let headers = response.headers_mut();
    let name = HeaderValue::from_static("attachment; filename=\"actions.csv\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    if let Some(next) = cursor.and_then(|cursor| HeaderValue::from_str(&cursor).ok()) {
        headers.insert(NEXT_CURSOR, next);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_in_one_cell() {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        assert_eq!(
            target(&BTreeMap::from([("tag", "Buyer"), ("list", "1f4a")].map(pair))),
            "list=1f4a; tag=Buyer"
        );
        assert_eq!(target(&BTreeMap::new()), "");
    }
}
