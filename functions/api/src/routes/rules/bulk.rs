//! One change of many rules.

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
use super::rules;
use crate::auth::Editor;
use crate::idempotency::{self, IdempotencyKey};
use crate::input::Input;
use crate::problem::Problem;
use crate::state::Api;

/// As many warnings are returned of each rule.
const MOST_WARNINGS: usize = 5;

/// One change of many rules.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkBody {
    /// The change.
    change: BulkChangeView,
    /// The rules, each once.
    #[schema(min_items = 1, max_items = 50)]
    rules: Vec<BulkRule>,
}

/// A change of many rules.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BulkChangeView {
    /// Enable them; a rule with validation errors is refused.
    Enable,
    /// Disable them.
    Disable,
    /// Delete them.
    Delete,
    /// Save each a second time, disabled.
    Duplicate,
}

/// The version of a rule that was read.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkRule {
    /// The rule.
    #[schema(value_type = String, pattern = "^rul_[A-Za-z0-9_]{1,60}$")]
    rule: RuleId,
    /// The `etag` of the version that was read.
    #[schema(min_length = 1, max_length = 64)]
    etag: String,
}

/// The results of a change of many rules.
#[derive(Debug, Serialize, ToSchema)]
struct BulkView {
    /// A result for each rule, in the order of the request.
    results: Vec<BulkResult>,
}

/// The result for one rule.
#[derive(Debug, Serialize, ToSchema)]
struct BulkResult {
    /// The rule.
    rule: String,
    /// The HTTP status that a request for this rule alone would have: 200, 201 for a copy, 204 for a deletion, or that of the
    /// problem.
    #[schema(minimum = 200, maximum = 599)]
    status: u16,
    /// The id of the copy.
    copy: Option<String>,
    /// The version that is stored now: of the rule, or of its copy.
    etag: Option<String>,
    /// Warnings about the rule, the first few.
    warnings: Vec<FindingView>,
    /// Why the rule was not changed.
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
            return Err(Problem::invalid(format!("/rules/{index}/rule"), "The rule is in the list twice."));
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
/// Each rule is changed by itself, in the version that `etag` names, so some can be changed and others not: `results` has the
/// status of each. Send an `Idempotency-Key` with `duplicate`, so that a repeated request makes no second copies.
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
        let done = rules(&api).bulk(editor.marketplace(), change, &items, clock::now()).await?;
        let results = items.iter().zip(done).map(|(item, done)| BulkResult::of(&item.rule, done)).collect();
        Ok(Json(BulkView { results }).into_response())
    };
    Box::pin(idempotency::create(&api, &editor, key, &body, make)).await
}
