//! Signing secrets of webhooks.

use axum::Json;
use axum::http::StatusCode;
use runtime::clock;

use crate::auth::Editor;
use crate::routing::{Routes, routes};
use crate::views::signing_secrets::SigningSecretView;

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(make_signing_secret))
}

/// Create a signing secret for a webhook
///
/// The secret is returned only once and not stored. Save it as a credential of the account, and configure it in your
/// receiver.
#[utoipa::path(
    post, path = "/v1/signing-secrets", tag = "integrations",
    responses((status = 201, body = SigningSecretView))
)]
async fn make_signing_secret(_editor: Editor) -> (StatusCode, Json<SigningSecretView>) {
    // The 64 hexadecimal digits are also valid base64, of 48 bytes with 256 random bits.
    let signing_secret = format!("whsec_{}{}", clock::unique(), clock::unique());
    (StatusCode::CREATED, Json(SigningSecretView { signing_secret }))
}
