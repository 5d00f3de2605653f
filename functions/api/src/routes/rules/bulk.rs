//! Bulk changes of rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::id::RuleId;
use operations::rules::{BulkChange, BulkDone, BulkItem, MOST_IN_BULK, RuleError};
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::FindingView;
use crate::auth::Editor;
use crate::idempotency::{self, IdempotencyKey};
use crate::input::Input;
use crate::problem::Problem;
use crate::state::Api;

/// The maximum number of warnings that are returned for each rule.
const MOST_WARNINGS: usize = 5;

/// A bulk change of rules.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkBody {
    /// The change.
    change: BulkChangeView,
    /// The rules to change. Each may occur once.
    #[schema(min_items = 1, max_items = 50)]
    rules: Vec<BulkRule>,
}

/// The kind of a bulk change.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BulkChangeView {
    /// Enable the rules. A rule with validation errors is rejected.
    Enable,
    /// Disable the rules.
    Disable,
    /// Delete the rules.
    Delete,
    /// Copy each rule. The copies are disabled.
    Duplicate,
}

/// A rule to change, with its version.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkRule {
    /// The rule's id.
    #[schema(value_type = String, pattern = "^rul_[A-Za-z0-9_]{1,60}$")]
    rule: RuleId,
    /// The `etag` of the version that was read.
    #[schema(min_length = 1, max_length = 64)]
    etag: String,
}

/// The results of a bulk change.
#[derive(Debug, Serialize, ToSchema)]
struct BulkView {
    /// A result for each rule, in the order of the request.
    results: Vec<BulkResult>,
}

/// The result for one rule.
#[derive(Debug, Serialize, ToSchema)]
struct BulkResult {
    /// The rule's id.
    rule: String,
    /// The HTTP status that a request for this rule alone would have: 200, 201 for a copy, 204 for a deletion, or that of the
    /// problem.
    #[schema(minimum = 200, maximum = 599)]
    status: u16,
    /// The id of the copy.
    copy: Option<String>,
    /// The version that is now stored, of the rule or of its copy.
    etag: Option<String>,
    /// Warnings about the rule, 5 at most.
    warnings: Vec<FindingView>,
    /// The reason why the rule was not changed.
    problem: Option<Problem>,
}

impl BulkResult {
    fn of(rule: &RuleId, done: Result<BulkDone, RuleError>) -> Self {
        let result = |status| Self {
            rule: rule.to_string(),
            status,
            copy: None,
            etag: None,
            warnings: Vec::new(),
            problem: None,
        };
        match done {
            Ok(BulkDone::Deleted) => result(204),
            Ok(BulkDone::Saved(saved)) => Self {
                warnings: saved.warnings.iter().take(MOST_WARNINGS).map(FindingView::from).collect(),
                etag: Some(saved.stored.etag),
                ..result(200)
            },
            Ok(BulkDone::Copied(saved)) => Self {
                copy: Some(saved.stored.rule.id.to_string()),
                etag: Some(saved.stored.etag),
                ..result(201)
            },
            Err(error) => {
                let problem = Problem::from(error);
                Self { problem: Some(problem.clone()), ..result(problem.status().as_u16()) }
            }
        }
    }
}

impl BulkBody {
    fn items(&self) -> Result<Vec<BulkItem>, Problem> {
        if !(1..=MOST_IN_BULK).contains(&self.rules.len()) {
            return Err(Problem::invalid("/rules", format!("It must have 1 to {MOST_IN_BULK} rules.")));
        }
        let mut seen = BTreeSet::new();
        if let Some(index) = self.rules.iter().position(|item| !seen.insert(&item.rule)) {
            return Err(Problem::invalid(
                format!("/rules/{index}/rule"),
                "The list contains the rule twice.",
            ));
        }
        let item = |BulkRule { rule, etag }: &BulkRule| BulkItem { rule: rule.clone(), etag: etag.clone() };
        Ok(self.rules.iter().map(item).collect())
    }
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(bulk))
}

/// Enable, disable, delete or duplicate many rules
///
/// Each rule is changed separately if its version still is `etag`, so some changes can succeed while others fail:
/// `results` has the status of each. Send an `Idempotency-Key` with `duplicate`, so that a repeated request creates no
/// second copies.
#[utoipa::path(
    post, path = "/v1/rules/bulk", tag = "rules", request_body = BulkBody,
    params(IdempotencyKey),
    responses((status = 200, body = BulkView))
)]
async fn bulk(
    editor: Editor,
    State(api): State<Arc<Api>>,
    key: IdempotencyKey,
    Input(body): Input<BulkBody>,
) -> Result<Response, Problem> {
    let change = match body.change {
        BulkChangeView::Enable => BulkChange::Enable,
        BulkChangeView::Disable => BulkChange::Disable,
        BulkChangeView::Delete => BulkChange::Delete,
        BulkChangeView::Duplicate => BulkChange::Duplicate,
    };
    let items = body.items()?;
    let make = async {
        let done =
            editor.engine(&api).rules().bulk(editor.marketplace(), change, &items, clock::now()).await?;
        let results = items.iter().zip(done).map(|(item, done)| BulkResult::of(&item.rule, done)).collect();
        Ok(Json(BulkView { results }).into_response())
    };
    Box::pin(idempotency::create(&api, &editor, key, &body, make)).await
}
