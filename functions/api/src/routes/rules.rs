//! If/Then rules.

mod bulk;
mod draft;
pub(super) mod dry_run;
mod last_fired;
mod preview;
pub(super) mod transfer;
mod trial;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::id::{IntegrationId, ProductId, RuleId};
use domain::trigger::Trigger;
use jiff::Timestamp;
use operations::rules::{Expected, RuleFilter, Saved, ScopeFilter};
use runtime::clock;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::answer::{IfMatch, Tagged};
use crate::auth::{Editor, Portal};
use crate::idempotency::{self, IdempotencyKey};
use crate::input::{Both, Ids, Input, Params};
use crate::live::Seen;
use crate::openapi::words;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::rules::body::{FindingView, RuleBody, RuleView, SavedView};
use crate::views::rules::{RuleDraft, RuleFindings, RuleSwitch, WaitingView};

pub(super) fn routes<R: Routes>() -> R {
    R::new()
        .routes(routes!(list, create))
        .routes(routes!(show, replace, switch, delete))
        .routes(routes!(waiting))
        .routes(routes!(lint))
        .merge(bulk::routes())
        .merge(dry_run::routes())
        .merge(last_fired::routes())
        .merge(preview::routes())
        .merge(transfer::routes())
        .merge(trial::routes())
}

/// Filters of the rules.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Return only rules of this integration.
    #[param(value_type = Option<String>, format = "integration-id")]
    integration: Option<IntegrationId>,
    /// Return only rules with this trigger.
    #[param(schema_with = words::trigger, required = false)]
    trigger: Option<Trigger>,
    /// Return only global rules, or only rules that name products.
    #[param(inline)]
    scope: Option<RuleScopeKind>,
    /// Return only rules that name this product.
    #[param(min_length = 1, max_length = 128)]
    product: Option<String>,
    /// With `product`: also return global rules, which apply to every product.
    include_global: Option<bool>,
    /// Return only enabled (`true`) or disabled (`false`) rules.
    enabled: Option<bool>,
    /// Return only rules that were saved at this time or later. Deleted rules are not returned.
    #[param(format = DateTime, value_type = Option<String>)]
    updated_since: Option<Timestamp>,
}

/// The kind of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RuleScopeKind {
    /// Every product.
    Global,
    /// The products that the rule names.
    Products,
}

impl Filter {
    fn read(&self) -> Result<RuleFilter, Problem> {
        if self.include_global == Some(true) && self.product.is_none() {
            let message = "Set `product` to the product that the rules apply to.";
            return Err(Problem::invalid("include_global", message));
        }
        let scope = match (self.scope, &self.product) {
            (Some(RuleScopeKind::Global), Some(_)) => {
                return Err(Problem::invalid(
                    "product",
                    "A global rule names no product. Omit either `scope` or `product`.",
                ));
            }
            (_, Some(product)) => {
                let product = ProductId::new(product.clone())
                    .map_err(|error| Problem::invalid("product", error.to_string()))?;
                // If the scope is `products`, global rules are excluded.
                let applying = self.include_global == Some(true) && self.scope.is_none();
                Some(if applying { ScopeFilter::AppliesTo(product) } else { ScopeFilter::Product(product) })
            }
            (Some(RuleScopeKind::Global), None) => Some(ScopeFilter::Global),
            (Some(RuleScopeKind::Products), None) => Some(ScopeFilter::Products),
            (None, None) => None,
        };
        Ok(RuleFilter {
            integration: self.integration.clone(),
            trigger: self.trigger,
            scope,
            enabled: self.enabled,
            updated_since: self.updated_since,
        })
    }
}

/// List rules, by id
///
/// A page may be short or empty while more results follow. Continue until `next_cursor` is null.
#[utoipa::path(
    get, path = "/v1/rules", tag = "rules", params(Filter, PageQuery),
    responses((status = 200, body = Page<RuleView>))
)]
async fn list(
    portal: Portal,
    State(api): State<Arc<Api>>,
    seen: Seen,
    Params(Both(filter, ask)): Params<Both<Filter, PageQuery>>,
) -> Result<Response, Problem> {
    let (m, filter, now) = (portal.marketplace(), filter.read()?, clock::now());
    let found = api.engine.rules().page(m, &filter, ask.wanted(), now).await?;
    let named = async |page: Page<RuleView>| {
        let rules = found.items.iter().map(|stored| &stored.rule);
        let names = api.engine.console().rule_names(m, rules, now).await?;
        let items = found.items.iter().map(|stored| RuleView::named(stored, &names)).collect();
        Ok(Page { items, ..page })
    };
    seen.or_named(Page::of(&found), named).await
}

fn saved(status: StatusCode, saved: &Saved) -> Tagged<SavedView> {
    let body = SavedView {
        rule: (&saved.stored).into(),
        warnings: saved.warnings.iter().map(FindingView::from).collect(),
    };
    Tagged { status, etag: saved.stored.etag.clone(), body }
}

/// Create a rule
///
/// A rule that could never work is rejected, with the validation error of each field. Questionable settings are
/// returned as warnings.
#[utoipa::path(
    post, path = "/v1/rules", tag = "rules", request_body = RuleBody,
    params(IdempotencyKey),
    responses(
        (status = 201, body = SavedView, headers(("ETag" = String))),
        (status = 409, description = "The marketplace has reached its limit of rules, or the key was used for another request"),
    )
)]
async fn create(
    editor: Editor,
    State(api): State<Arc<Api>>,
    key: IdempotencyKey,
    Input(body): Input<RuleBody>,
) -> Result<Response, Problem> {
    let asked = body.clone();
    let make = async {
        let created =
            editor.engine(&api).rules().create(editor.marketplace(), body.input()?, clock::now()).await?;
        Ok(self::saved(StatusCode::CREATED, &created).into_response())
    };
    Box::pin(idempotency::create(&api, &editor, key, &asked, make)).await
}

/// Retrieve a rule
#[utoipa::path(
    get, path = "/v1/rules/{rule}", tag = "rules",
    responses((status = 200, body = RuleView, headers(("ETag" = String))))
)]
async fn show(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<RuleId>,
) -> Result<Tagged<RuleView>, Problem> {
    let (m, now) = (portal.marketplace(), clock::now());
    let found = api.engine.rules().get(m, &id, now).await?;
    let found = found.ok_or_else(|| Problem::not_found("rule", &id))?;
    let names = api.engine.console().rule_names(m, [&found.rule], now).await?;
    Ok(Tagged::ok(found.etag.clone(), RuleView::named(&found, &names)))
}

/// Replace a rule
#[utoipa::path(
    put, path = "/v1/rules/{rule}", tag = "rules", request_body = RuleBody,
    params(IfMatch),
    responses(
        (status = 200, body = SavedView, headers(("ETag" = String))),
        (status = 409, description = "The rules of the marketplace would exceed their size limit"),
    )
)]
async fn replace(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<RuleId>,
    IfMatch { etag }: IfMatch,
    Input(body): Input<RuleBody>,
) -> Result<Tagged<SavedView>, Problem> {
    let (m, input, now) = (editor.marketplace(), body.input()?, clock::now());
    let replaced = editor.engine(&api).rules().replace(m, &id, input, Expected::Version(&etag), now).await?;
    Ok(saved(StatusCode::OK, &replaced))
}

/// Enable or disable a rule
///
/// Disabling always succeeds. Waiting actions of the rule end when they are due; `…/waiting` returns their number.
/// Enabling fails if the rule has validation errors.
#[utoipa::path(
    patch, path = "/v1/rules/{rule}", tag = "rules", request_body = RuleSwitch,
    params(IfMatch),
    responses((status = 200, body = SavedView, headers(("ETag" = String))))
)]
async fn switch(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<RuleId>,
    IfMatch { etag }: IfMatch,
    Input(RuleSwitch { enabled }): Input<RuleSwitch>,
) -> Result<Tagged<SavedView>, Problem> {
    let (m, now) = (editor.marketplace(), clock::now());
    let switched = editor.engine(&api).rules().switch(m, &id, enabled, Expected::Version(&etag), now).await?;
    Ok(saved(StatusCode::OK, &switched))
}

/// Delete a rule
///
/// Waiting actions of the rule end when they are due, with the deletion as the reason. `…/waiting` returns their
/// number.
#[utoipa::path(
    delete, path = "/v1/rules/{rule}", tag = "rules",
    params(IfMatch),
    responses((status = 204))
)]
async fn delete(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<RuleId>,
    IfMatch { etag }: IfMatch,
) -> Result<StatusCode, Problem> {
    editor
        .engine(&api)
        .rules()
        .delete(editor.marketplace(), &id, Expected::Version(&etag), clock::now())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Count the waiting actions of a rule
///
/// If the rule is disabled or deleted, these actions end when they are due, with that reason.
#[utoipa::path(
    get, path = "/v1/rules/{rule}/waiting", tag = "rules",
    responses((status = 200, body = WaitingView))
)]
async fn waiting(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<RuleId>,
) -> Result<Json<WaitingView>, Problem> {
    let waiting = api.engine.rules().waiting(portal.marketplace(), &id, clock::now()).await?;
    let waiting = waiting.ok_or_else(|| Problem::not_found("rule", &id))?;
    Ok(Json(WaitingView { waiting: waiting.into() }))
}

/// Validate a rule without saving it
///
/// If the action works only after another action, such as Add Tag after Add To List, and no enabled rule requests that, a
/// finding with the code `action_required` suggests such a rule.
#[utoipa::path(
    post, path = "/v1/rules/lint", tag = "rules", request_body = RuleDraft,
    responses(
        (status = 200, body = RuleFindings),
        (status = 404, description = "Rule not found"),
    )
)]
async fn lint(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Input(draft): Input<RuleDraft>,
) -> Result<Json<RuleFindings>, Problem> {
    let input = draft.rule.input().map_err(|problem| problem.under("/rule"))?;
    let judged =
        api.engine.rules().consider(portal.marketplace(), draft.id.as_ref(), input, clock::now()).await?;
    Ok(Json(RuleFindings { findings: judged.findings.iter().map(FindingView::from).collect() }))
}
