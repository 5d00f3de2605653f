//! The routes, a module for each area, and the OpenAPI document that is made from them.

mod actions;
mod apps;
mod buyers;
mod configuration;
mod events;
mod explanation;
mod export;
mod filters;
mod integrations;
mod logins;
mod operator;
mod options;
mod products;
mod replays;
mod rules;
pub(crate) mod sessions;
mod triggers;

use std::sync::Arc;

use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::problem::{FieldError, Problem};
use crate::state::Api;

/// What the document says of itself.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Integration Engine",
        description = "Connect apps, write If/Then rules, read the logs and find out why. Merchant routes take a portal token, which the operator's platform gets from `POST /operator/sessions`; operator routes take requests that are signed with IAM (SigV4)."
    ),
    components(schemas(Problem, FieldError)),
    tags(
        (name = "apps", description = "What can be connected"),
        (name = "integrations", description = "Connected accounts"),
        (name = "configuration", description = "What happened to connected accounts"),
        (name = "options", description = "What they offer to choose from"),
        (name = "products", description = "The catalogue that rules are written with"),
        (name = "triggers", description = "The If of a rule"),
        (name = "rules", description = "If/Then rules"),
        (name = "actions", description = "What was done, and what came of it"),
        (name = "events", description = "What happened, and what each rule made of it"),
        (name = "buyers", description = "One buyer"),
        (name = "operator", description = "What concerns all merchants, for whoever runs the engine"),
        (name = "sessions", description = "Portal sessions, for the operator's platform"),
    )
)]
struct Document;

/// Every route of the API, with its documentation.
pub(crate) fn all() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(apps::routes())
        .merge(integrations::routes())
        .merge(configuration::routes())
        .merge(actions::routes())
        .merge(export::routes())
        .merge(events::routes())
        .merge(explanation::routes())
        .merge(replays::routes())
        .merge(buyers::routes())
        .merge(logins::routes())
        .merge(options::routes())
        .merge(products::routes())
        .merge(rules::routes())
        .merge(triggers::routes())
        .merge(sessions::routes())
        .merge(operator::routes())
}
