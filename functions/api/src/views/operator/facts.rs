//! Facts of the facts queue.

use operations::facts::KeptFact;
use serde::Serialize;
use utoipa::ToSchema;

/// Facts in the facts queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeptFacts {
    /// The facts that were received, in no particular order, as SQS returns them.
    pub(crate) items: Vec<KeptFactView>,
    /// Always null: a queue has no pages.
    pub(crate) next_cursor: Option<String>,
    /// Whether the queue has more facts than were received.
    pub(crate) more: bool,
}

/// A fact that could not be planned. The buyer is not shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeptFactView {
    /// The SQS message id.
    pub(crate) message: String,
    /// When the fact was put in the queue.
    #[schema(format = DateTime)]
    pub(crate) since: Option<String>,
    /// The reason why the fact could not be planned.
    pub(crate) reason: String,
    /// The trigger or function that could not read or plan the fact, if one is named.
    pub(crate) by: Option<String>,
    /// The name of the fact.
    pub(crate) detail_type: Option<String>,
    /// The marketplace of the fact, as the fact has it.
    pub(crate) marketplace_id: Option<String>,
    /// The producer's id of the fact, as the fact has it.
    pub(crate) fact_id: Option<String>,
    /// The reason why a redrive would leave the fact in the queue. Null if it would be published.
    pub(crate) stays: Option<String>,
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
