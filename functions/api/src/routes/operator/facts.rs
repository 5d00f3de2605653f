//! Facts that could not be planned, in the facts queue.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use operations::facts::KeptFact;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::redriven::{Batch, RedrivenView};
use crate::auth::Operator;
use crate::input::{Input, Limit, Params};
use crate::problem::Problem;
use crate::state::Api;

/// Facts in the facts queue.
#[derive(Debug, Serialize, ToSchema)]
struct KeptFacts {
    /// The facts that were received, in no particular order, as SQS returns them.
    items: Vec<KeptFactView>,
    /// Always null: a queue has no pages.
    next_cursor: Option<String>,
    /// Whether the queue has more facts than were received.
    more: bool,
}

/// A fact that could not be planned. The buyer is not shown.
#[derive(Debug, Serialize, ToSchema)]
struct KeptFactView {
    /// The SQS message id.
    message: String,
    /// When the fact was put in the queue.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// The reason why the fact could not be planned.
    reason: String,
    /// The trigger or function that could not read or plan the fact, if one is named.
    by: Option<String>,
    /// The name of the fact.
    detail_type: Option<String>,
    /// The marketplace of the fact, as the fact has it.
    marketplace_id: Option<String>,
    /// The producer's id of the fact, as the fact has it.
    fact_id: Option<String>,
    /// The reason why a redrive would leave the fact in the queue. Null if it would be published.
    stays: Option<String>,
}

/// The number of facts to read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FactsQuery {
    /// The maximum number of messages.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 100, default = 25)]
    limit: Option<Limit<25, 100>>,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(facts)).routes(routes!(redrive_facts))
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

impl From<KeptFact> for KeptFactView {
    fn from(fact: KeptFact) -> Self {
        Self {
            message: fact.id,
            since: fact.since.map(|at| at.to_string()),
            reason: fact.reason,
            by: fact.by,
            detail_type: fact.detail_type,
            marketplace_id: fact.marketplace,
            fact_id: fact.fact_id,
            stays: fact.stays,
        }
    }
}
