//! All rules of a marketplace as one document, and back.

use std::path::PathBuf;
use std::sync::Arc;

use aws::store::SaveRuleError;
use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::rule::Rule;
use domain::trigger::Trigger;
use jiff::SignedDuration;
use operations::rules::diff::Change;
use operations::rules::document::Source;
use operations::rules::{Applied, Entry, ImportError, Others, Transfer};
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::FindingView;
use super::rules;
use crate::auth::{Editor, Portal};
use crate::input::bounds::LARGEST_IMPORT;
use crate::input::{Input, Params};
use crate::openapi::words;
use crate::problem::{FieldError, Problem};
use crate::state::Api;

/// API Gateway waits 29 seconds, and planning before and after takes up to three each.
const LONGEST_APPLY: SignedDuration = SignedDuration::from_secs(20);

/// A document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RulesDocument {
    /// YAML, as `GET /v1/rules/export` gives it.
    #[schema(max_length = 1_000_000)]
    document: String,
}

/// What becomes of it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct How {
    /// Whether it is done, which takes the `plan` as well; else it is only said what would be.
    #[param(default = false)]
    apply: Option<bool>,
    /// The `plan` that was looked at: it is done only if it would still come to the same.
    plan: Option<String>,
}

/// What a document changes.
#[derive(Debug, Serialize, ToSchema)]
struct ImportPlanView {
    /// Names this plan; give it back to have it done.
    plan: String,
    /// Whether it is done. False where `apply` is true: time ran out, and this is the plan of what is left.
    applied: bool,
    /// How many rules are new.
    added: usize,
    /// How many are other than they were.
    changed: usize,
    /// How many the document does not have, and are deleted.
    removed: usize,
    /// How many stay as they are.
    unchanged: usize,
    /// The rules, one by one.
    rules: Vec<RuleChangeView>,
}

/// What becomes of one rule.
#[derive(Debug, Serialize, ToSchema)]
struct RuleChangeView {
    /// Its id.
    rule: String,
    /// Its name.
    name: Option<String>,
    /// What becomes of it.
    change: RuleChangeKind,
    /// The If: as it will be, or as it was where it is deleted.
    #[schema(schema_with = words::trigger)]
    trigger: Trigger,
    /// The account that the action is performed in.
    integration: String,
    /// The Then.
    action: String,
    /// The parts of it that change.
    parts: Vec<&'static str>,
    /// What is questionable about it, the first few.
    warnings: Vec<FindingView>,
}

/// What becomes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RuleChangeKind {
    /// It is new.
    Added,
    /// It is another.
    Changed,
    /// It is deleted.
    Removed,
    /// It stays as it is.
    Unchanged,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    let import = OpenApiRouter::new().routes(routes!(import)).layer(DefaultBodyLimit::max(LARGEST_IMPORT));
    OpenApiRouter::new().routes(routes!(export)).merge(import)
}

/// All rules as YAML
///
/// Accounts go by their labels, so that the document can be imported in another marketplace that has the same.
#[utoipa::path(
    get, path = "/v1/rules/export", tag = "rules",
    responses((status = 200, body = Object, content_type = "application/yaml"))
)]
async fn export(portal: Portal, State(api): State<Arc<Api>>) -> Result<Response, Problem> {
    let drafts = rules(&api).export(portal.marketplace(), clock::now()).await?;
    let text = drafts.to_yaml().map_err(|error| Problem::unavailable(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/yaml")], text).into_response())
}

/// Say what a document would change, or change it
///
/// The document is all there is: rules that it does not have are deleted. Nothing is done unless `apply` is true, and
/// nothing that was not looked at before: `plan` says what was. A document that takes longer than 20 seconds to apply is
/// answered with `applied: false` and the plan of what is left: apply that, until `applied` is true.
#[utoipa::path(
    post, path = "/v1/rules/import", tag = "rules", request_body = RulesDocument, params(How),
    responses(
        (status = 200, body = ImportPlanView),
        (status = 409, description = "A rule was changed meanwhile"),
        (status = 412, description = "It would not come to the same any more"),
    )
)]
async fn import(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Params(how): Params<How>,
    Input(RulesDocument { document }): Input<RulesDocument>,
) -> Result<Json<ImportPlanView>, Problem> {
    let applied = how.apply == Some(true);
    if applied && how.plan.is_none() {
        return Err(Problem::invalid(
            "plan",
            "Give the `plan` that this request answers without `apply`, so that nothing is done that nobody has looked at.",
        ));
    }
    let (m, now) = (editor.marketplace(), clock::now());
    let source = Source::new(PathBuf::from("document.yaml"), document);
    let plan = rules(&api).plan(m, &source, Others::Go, now).await.map_err(problem)?;
    if how.plan.is_some_and(|seen| seen != plan.digest) {
        return Err(Problem::changed().detail(
            "Rules, accounts or the document are others than they were: look at the new plan, and give its `plan`.",
        ));
    }
    if applied {
        let late = now.saturating_add(LONGEST_APPLY).unwrap_or(now);
        if ended(rules(&api).apply(m, &plan, now, || clock::now() > late).await)? {
            let left = rules(&api).plan(m, &source, Others::Go, clock::now()).await.map_err(problem)?;
            return Ok(Json(view(&left, false)));
        }
    }
    Ok(Json(view(&plan, applied)))
}

fn problem(error: ImportError) -> Problem {
    match error {
        ImportError::Malformed(error) => {
            let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            Problem::invalid("/document", format!("{}: {why}", error.place))
        }
        ImportError::Invalid(problems) => {
            let said = problems.0.into_iter().map(|found| FieldError {
                field: "/document".to_owned(),
                message: format!("{}: {}", found.place, found.message),
            });
            Problem::invalid_fields(said.collect())
        }
        ImportError::Store(error) => Problem::unavailable(&error),
    }
}

/// Whether a change was stopped before its end.
fn ended(applied: Applied) -> Result<bool, Problem> {
    let Some((rule, error)) = applied.failed else { return Ok(applied.unfinished) };
    match error {
        SaveRuleError::Changed => Err(Problem::conflict(format!(
            "Rule {rule} was changed meanwhile. {} rules are done before it: look at the document's new plan, and apply that.",
            applied.entries + applied.removed
        ))),
        SaveRuleError::TooManyProducts(_) => Err(Problem::invalid("/document", error.to_string())),
        SaveRuleError::Store(error) => Err(Problem::unavailable(&error)),
    }
}

fn view(plan: &Transfer, applied: bool) -> ImportPlanView {
    let view = |rule: &Rule, change, parts, warnings| RuleChangeView {
        rule: rule.id.to_string(),
        name: rule.name.clone(),
        change,
        trigger: rule.trigger,
        integration: rule.integration.to_string(),
        action: rule.action.clone(),
        parts,
        warnings,
    };
    let entry = |Entry { rule, change, warnings, .. }: &Entry| {
        let (change, parts) = match change {
            Change::Added => (RuleChangeKind::Added, Vec::new()),
            Change::Changed(parts) => (RuleChangeKind::Changed, parts.clone()),
            Change::Unchanged => (RuleChangeKind::Unchanged, Vec::new()),
        };
        view(rule, change, parts, warnings.iter().map(FindingView::from).collect())
    };
    let removed = plan.removed.iter();
    let removed = removed.map(|stored| view(&stored.rule, RuleChangeKind::Removed, Vec::new(), Vec::new()));
    let rules: Vec<_> = plan.entries.iter().map(entry).chain(removed).collect();
    let count = |kind| rules.iter().filter(|rule| rule.change == kind).count();
    ImportPlanView {
        plan: plan.digest.clone(),
        applied,
        added: count(RuleChangeKind::Added),
        changed: count(RuleChangeKind::Changed),
        removed: count(RuleChangeKind::Removed),
        unchanged: count(RuleChangeKind::Unchanged),
        rules,
    }
}
