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
mod session;
mod sessions;
mod signing_secrets;
mod summary;
mod triggers;

use std::sync::Arc;

use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::problem::{FieldError, Problem};
use crate::routing::Routes;
use crate::state::Api;

/// The general part of the OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Integration Engine",
        description = "Connect apps, write If/Then rules and read the logs. Merchant routes require a portal token, which the operator's platform requests with `POST /operator/sessions`. Operator routes require requests that are signed with IAM (SigV4)."
    ),
    components(schemas(Problem, FieldError)),
    tags(
        (name = "apps", description = "Apps that can be connected"),
        (name = "integrations", description = "Connected accounts"),
        (name = "configuration", description = "The Configuration Log: changes of accounts, rules and actions, with their actors"),
        (name = "options", description = "Options that connected accounts offer, such as tags and lists"),
        (name = "products", description = "The product catalogue"),
        (name = "triggers", description = "Triggers: the If of a rule"),
        (name = "rules", description = "If/Then rules"),
        (name = "actions", description = "The Action Log: actions and their results"),
        (name = "events", description = "Events, with the verdict of each rule"),
        (name = "buyers", description = "A buyer's timeline and erasure"),
        (name = "summary", description = "Actions over time, and what needs the merchant"),
        (name = "operator", description = "Operations for all merchants, for the operator"),
        (name = "sessions", description = "Portal sessions, which the operator's platform opens"),
    )
)]
struct Document;

/// Every route of the API, with its documentation.
pub(crate) fn documented() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::with_openapi(Document::openapi()).merge(all())
}

/// Every route of the API.
pub(crate) fn all<R: Routes>() -> R {
    R::new()
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
        .merge(session::routes())
        .merge(sessions::routes())
        .merge(summary::routes())
        .merge(signing_secrets::routes())
        .merge(operator::routes())
}
