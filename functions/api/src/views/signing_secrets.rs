//! Signing secrets of webhooks.

use serde::Serialize;
use utoipa::ToSchema;

/// A signing secret for a webhook.
#[derive(Serialize, ToSchema)]
pub(crate) struct SigningSecretView {
    /// The secret: `whsec_` and base64.
    #[schema(pattern = "^whsec_[A-Za-z0-9+/]{64}$")]
    pub(crate) signing_secret: String,
}
