//! Facts that could not be planned.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use operations::facts_queue::{self, KeptFact};
use operations::redrive::{self, Redrive};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::redriven::{Batch, RedrivenView};
use crate::auth::Operator;
use crate::input::{Input, Limit, Params};
use crate::problem::Problem;
use crate::state::Api;

/// What lies in the facts queue.
#[derive(Debug, Serialize, ToSchema)]
struct KeptFacts {
    /// What the look has seen. SQS gives it in no order.
    items: Vec<KeptFactView>,
    /// Always null: a queue has no second page.
    next_cursor: Option<String>,
    /// Whether the look ended before the queue did.
    more: bool,
}

/// A fact that could not be planned. Whom it is about is not shown.
#[derive(Debug, Serialize, ToSchema)]
struct KeptFactView {
    /// SQS's id of the message.
    message: String,
    /// Since when it lies there.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// Why it came there.
    reason: String,
    /// The trigger or function that could not read or plan it, where one is named.
    by: Option<String>,
    /// The fact's name.
    detail_type: Option<String>,
    /// Whose fact it is, as the fact says.
    marketplace_id: Option<String>,
    /// The producer's id of it, as the fact says.
    fact_id: Option<String>,
    /// Why it would stay if it was redriven now; null where it would go on.
    stays: Option<String>,
}

/// How much to look at.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FactsQuery {
    /// At most so many messages.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 100, default = 25)]
    limit: Option<Limit<25, 100>>,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(facts)).routes(routes!(redrive_facts))
}

/// What lies in the facts queue, and why; it is left there
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
    let look =
        facts_queue::look(&api.kept_facts, most).await.map_err(|error| Problem::unavailable(&error))?;
    let items = look.facts.into_iter().map(KeptFactView::from).collect();
    Ok(Json(KeptFacts { items, next_cursor: None, more: look.more }))
}

/// Publish kept facts once more, a batch at a time; what still breaks the contract stays
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
    let redrive_to = Redrive { bus: &api.bus, functions: &api.functions, prospects: &api.prospects };
    let done = redrive::facts(&api.kept_facts, &redrive_to, most).await;
    let done = done.map_err(|error| Problem::unavailable(&error))?;
    tracing::info!(operator = operator.arn, moved = done.moved, "kept facts went on");
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
