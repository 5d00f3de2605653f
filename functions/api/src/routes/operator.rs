//! The routes under `/operator`, which concern all merchants. IAM authorizes the callers.

mod apps;
mod facts;
mod marketplaces;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::state::Api;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    apps::routes().merge(facts::routes()).merge(marketplaces::routes())
}
