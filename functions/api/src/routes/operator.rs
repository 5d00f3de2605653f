//! The routes under `/operator`, which concern all merchants. IAM authorizes the callers.

mod apps;
mod facts;
mod marketplaces;
mod redriven;

use std::sync::Arc;

use operations::BoundedCount;
use operations::fleet::FleetError;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::problem::Problem;
use crate::state::Api;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    apps::routes().merge(facts::routes()).merge(marketplaces::routes())
}

/// A number of items, counted up to a limit.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Count {
    /// The number of items that were counted.
    #[schema(minimum = 0)]
    count: usize,
    /// Whether there are more items: counting stops after some thousands.
    more: bool,
}

impl From<BoundedCount> for Count {
    fn from(counted: BoundedCount) -> Self {
        Self { count: counted.count, more: counted.more }
    }
}

impl From<FleetError> for Problem {
    fn from(error: FleetError) -> Self {
        Self::unavailable(&error)
    }
}
