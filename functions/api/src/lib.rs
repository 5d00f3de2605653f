//! The management API: what merchants do in the portal (`/v1`, with a portal token), what the operator does (`/operator`,
//! signed with IAM), and where apps send merchants back to (`/oauth`).
//!
//! A request passes the guard (size, headers, origins), finds its handler in [`routes`], and is let in by what the
//! handler asks for: [`auth::Portal`] to look, [`auth::Editor`] to change, [`auth::Operator`]. Handlers are thin: what they do
//! is in `operations`, which the operator's command line shares.

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
mod state;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use lambda_http::{Adapter, Error, LambdaEvent, Service, service_fn};

pub use state::Api;

use event::Incoming;

/// Every route, with what goes for all of them.
pub fn router(api: Arc<Api>) -> Router {
    let (router, document) = routes::all().split_for_parts();
    let document = openapi::finished(document);
    let router = router.with_state(api).layer(from_fn(live::tagged)).merge(openapi::route(&document));
    guard::around(router)
}

/// Answers what API Gateway passes on, until Lambda ends the process.
///
/// # Errors
/// Lambda's runtime cannot be reached.
pub async fn run(api: Arc<Api>) -> Result<(), Error> {
    let mut adapter = Adapter::from(router(api));
    lambda_http::lambda_runtime::run(service_fn(move |event: LambdaEvent<Incoming>| {
        let LambdaEvent { payload: Incoming(request), context } = event;
        adapter.call(LambdaEvent::new(request, context))
    }))
    .await
}

/// The OpenAPI document of the routes, as `/openapi.json` shows it.
pub fn document() -> utoipa::openapi::OpenApi {
    openapi::finished(routes::all().split_for_parts().1)
}
