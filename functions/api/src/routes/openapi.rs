//! The OpenAPI document, as it is made from the routes.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::OpenApi;

/// `GET /openapi.json`, for everybody.
pub(crate) fn routes(document: &OpenApi) -> Router {
    let text = document.to_json().unwrap_or_default();
    let show = async move || ([(header::CONTENT_TYPE, "application/json")], text.clone()).into_response();
    Router::new().route("/openapi.json", get(show))
}
