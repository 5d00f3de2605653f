//! The management API: the merchants' portal (`/v1`, with a portal token), the operator (`/operator`, signed with IAM),
//! and the redirect URLs for logins with apps (`/oauth`).
//!
//! A request passes the guard (body size, headers), is routed to its handler by [`routes`], and is authorized by the
//! handler's argument: [`auth::Portal`] to read, [`auth::Editor`] to change, [`auth::Operator`]. Handlers are thin: the
//! operations are in `operations`, which the operator's command line shares.

pub mod answer;
pub mod auth;
mod csv;
mod event;
mod guard;
pub mod idempotency;
pub mod input;
mod live;
mod openapi;
pub mod page;
pub mod problem;
pub mod routes;
mod routing;
mod state;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use lambda_http::{Adapter, Error, LambdaEvent, Service, service_fn};

pub use state::Api;

use event::Incoming;

/// All routes, with the middleware that they share.
pub fn router(api: Arc<Api>) -> Router {
    let router: Router<Arc<Api>> = routes::all();
    guard::around(router.with_state(api).layer(from_fn(live::tagged)).merge(openapi::route()))
}

/// Serves the requests from API Gateway until Lambda ends the process.
///
/// # Errors
/// Lambda's runtime API cannot be reached.
pub async fn run(api: Arc<Api>) -> Result<(), Error> {
    let mut adapter = Adapter::from(router(api));
    lambda_http::lambda_runtime::run(service_fn(move |event: LambdaEvent<Incoming>| {
        let LambdaEvent { payload: Incoming(request), context } = event;
        adapter.call(LambdaEvent::new(request, context))
    }))
    .await
}

/// The OpenAPI document of the routes, which a test compares with the file that is served at `/openapi.json`.
pub fn document() -> utoipa::openapi::OpenApi {
    openapi::finished(routes::documented().split_for_parts().1)
}
