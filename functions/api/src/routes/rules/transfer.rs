//! Export and import of all rules of a marketplace as one document.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use operations::rules::document::Source;
use operations::rules::{Applied, ImportError, Others, SaveRuleError};
use runtime::clock;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::{Editor, Portal};
use crate::input::bounds::LARGEST_IMPORT;
use crate::input::{Input, Params};
use crate::problem::{FieldError, Problem};
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::rules::transfer::{ImportPlanView, RulesDocument, view};

/// API Gateway's timeout is 29 seconds, and each of the two plans, before and after, takes up to three.
const LONGEST_APPLY: SignedDuration = SignedDuration::from_secs(20);

/// The options of an import.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct How {
    /// Apply the document. Requires `plan`. If absent or false, the changes are only returned.
    #[param(default = false)]
    apply: Option<bool>,
    /// The `plan` of a previous response. The document is applied only if it would still make the same changes.
    plan: Option<String>,
}

pub(super) fn routes<R: Routes>() -> R {
    let import = R::new().routes(routes!(import)).with_bodies_of(LARGEST_IMPORT);
    R::new().routes(routes!(export)).merge(import)
}

/// Export all rules as YAML
///
/// Accounts are identified by their labels, so the document can be imported in another marketplace that has accounts
/// with the same labels.
#[utoipa::path(
    get, path = "/v1/rules/export", tag = "rules",
    responses((status = 200, body = Object, content_type = "application/yaml"))
)]
async fn export(portal: Portal, State(api): State<Arc<Api>>) -> Result<Response, Problem> {
    let drafts = api.engine.rules().export(portal.marketplace(), clock::now()).await?;
    let text = drafts.to_yaml().map_err(|error| Problem::unavailable(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/yaml")], text).into_response())
}

/// Import rules from a document, or preview the changes
///
/// The document replaces all rules: rules that it does not have are deleted. Without `apply`, nothing is changed and
/// the changes are returned with their `plan`. To apply the document, send `apply=true` with that `plan`; only these
/// changes are made. If applying takes longer than 20 seconds, the response has `applied: false` and the plan of the
/// remaining changes. Apply that plan, until `applied` is true.
#[utoipa::path(
    post, path = "/v1/rules/import", tag = "rules", request_body = RulesDocument, params(How),
    responses(
        (status = 200, body = ImportPlanView),
        (status = 409, description = "A rule was changed by another request while the document was applied"),
        (status = 412, description = "The document would now make other changes than `plan` has"),
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
            "Send this request without `apply` to get its `plan`, review the changes, and send the `plan` with `apply`.",
        ));
    }
    let (m, now) = (editor.marketplace(), clock::now());
    let source = Source::new(PathBuf::from("document.yaml"), document);
    let plan = api.engine.rules().plan(m, &source, Others::Go, now).await.map_err(problem)?;
    if how.plan.is_some_and(|seen| seen != plan.digest) {
        return Err(Problem::precondition_failed().detail(
            "The rules, the accounts or the document have changed since. Review the new plan, and send its `plan`.",
        ));
    }
    if applied {
        let late = now.saturating_add(LONGEST_APPLY).unwrap_or(now);
        let applied = editor.engine(&api).rules().apply(m, &plan, now, || clock::now() > late).await?;
        if ended(applied)? {
            let left =
                api.engine.rules().plan(m, &source, Others::Go, clock::now()).await.map_err(problem)?;
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

/// Whether all changes were made; false if the time limit was reached.
fn ended(applied: Applied) -> Result<bool, Problem> {
    let Some((rule, error)) = applied.failed else { return Ok(applied.unfinished) };
    match error {
        SaveRuleError::Changed => Err(Problem::conflict(format!(
            "Another request changed rule {rule}. {} rules were applied before it. Review and apply the document's new plan.",
            applied.entries + applied.removed
        ))),
        SaveRuleError::TooManyProducts(_) => Err(Problem::invalid("/document", error.to_string())),
        SaveRuleError::Store(error) => Err(Problem::unavailable(&error)),
    }
}
