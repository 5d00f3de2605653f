//! Facts that could not be planned, in the facts queue.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::Operator;
use crate::input::{Input, Limit, Params};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::operator::facts::{KeptFactView, KeptFacts};
use crate::views::operator::redriven::{Batch, RedrivenView};

/// The number of facts to read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FactsQuery {
    /// The maximum number of messages.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 100, default = 25)]
    limit: Option<Limit<25, 100>>,
}

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(facts)).routes(routes!(redrive_facts))
}

/// List facts in the facts queue, with the reason for each
#[utoipa::path(
    get, path = "/operator/facts", tag = "operator", params(FactsQuery),
    responses((status = 200, body = KeptFacts))
)]
async fn facts(
    _operator: Operator,
    State(api): State<Arc<Api>>,
    Params(FactsQuery { limit }): Params<FactsQuery>,
) -> Result<Json<KeptFacts>, Problem> {
    let most = limit.unwrap_or_default().get();
    let look = api.engine.facts().kept(most).await.map_err(|error| Problem::unavailable(&error))?;
    let items = look.facts.into_iter().map(KeptFactView::from).collect();
    Ok(Json(KeptFacts { items, next_cursor: None, more: look.more }))
}

/// Redrive facts, a batch per request; a fact that still breaks the contract stays in the queue
#[utoipa::path(
    post, path = "/operator/facts/redrive", tag = "operator", request_body = Batch,
    responses((status = 200, body = RedrivenView))
)]
async fn redrive_facts(
    operator: Operator,
    State(api): State<Arc<Api>>,
    Input(batch): Input<Batch>,
) -> Result<Json<RedrivenView>, Problem> {
    let most = batch.most();
    let done = api.engine.facts().redrive(most).await?;
    tracing::info!(operator = operator.arn, moved = done.moved, "facts are redriven");
    Ok(Json(RedrivenView::new(done, most)))
}
