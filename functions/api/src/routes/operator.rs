//! The routes under `/operator`, which concern all merchants. IAM authorizes the callers.

mod apps;
mod facts;
mod marketplaces;

use crate::routing::Routes;

pub(super) fn routes<R: Routes>() -> R {
    R::new().merge(apps::routes()).merge(facts::routes()).merge(marketplaces::routes())
}
