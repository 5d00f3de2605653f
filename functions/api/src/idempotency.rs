//! `Idempotency-Key`: a create that is repeated is performed once, and gets the same response.

use std::future::Future;

use axum::body::to_bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::digest::DigestSecret;
use domain::id::MarketplaceId;
use operations::idempotency::{Attempt, StoredResponse};
use runtime::clock;
use serde::Serialize;
use utoipa::IntoParams;

use crate::auth::Editor;
use crate::input::bounds::LARGEST_BODY;
use crate::problem::Problem;
use crate::state::Api;

/// The header's name.
const KEY: &str = "idempotency-key";
/// The maximum length of a key.
const LONGEST: usize = 128;

/// The idempotency key of a create, if it has one.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKey {
    /// Requests with the same key are performed once
    #[param(rename = "idempotency-key", min_length = 1, max_length = 128)]
    key: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Some(key) = parts.headers.get(KEY) else { return Ok(Self { key: None }) };
        let key = key.to_str().ok().filter(|key| (1..=LONGEST).contains(&key.len()));
        let key = key.ok_or_else(|| {
            Problem::parameter(KEY, format!("It must have 1 to {LONGEST} printable ASCII characters."))
        })?;
        Ok(Self { key: Some(key.to_owned()) })
    }
}

/// Performs a create once for each key. `asked` is the request; another request with the same key is rejected. Only
/// successful creates are stored, so a failed create can be repeated.
///
/// # Errors
/// [`Problem`]: the key was used for another request, or the first request with the key is still in progress.
pub async fn create<F>(
    api: &Api,
    editor: &Editor,
    IdempotencyKey { key }: IdempotencyKey,
    asked: &impl Serialize,
    make: F,
) -> Result<Response, Problem>
where
    F: Future<Output = Result<Response, Problem>>,
{
    let Some(key) = key.as_deref() else { return make.await };
    let (m, now) = (editor.marketplace(), clock::now());
    let fingerprint = fingerprint(&api.secret, m, asked);
    match api.engine.creates().begin(m, key, &fingerprint, now).await? {
        Attempt::Ours => {}
        Attempt::Before(kept) if kept.fingerprint != fingerprint => {
            return Err(Problem::conflict(
                "This Idempotency-Key was used for another request. Choose another key.",
            ));
        }
        Attempt::Before(kept) if kept.status == 0 => {
            return Err(Problem::conflict(
                "The first request with this Idempotency-Key is still in progress. Try again.",
            ));
        }
        Attempt::Before(kept) => return Ok(again(*kept)),
    }
    let response = match make.await {
        Ok(response) if response.status().is_success() => response,
        other => {
            api.engine.creates().forget(m, key).await?;
            return other;
        }
    };
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    let kept = StoredResponse {
        fingerprint,
        status: parts.status.as_u16(),
        body: String::from_utf8_lossy(&body).into_owned(),
        etag: parts.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned),
        leased_until: now,
    };
    // The create has succeeded. A repetition that is not recognized is better than an error.
    if let Err(error) = api.engine.creates().end(m, key, &kept, now).await {
        tracing::warn!(error = %runtime::logs::Causes(&error), "the response of a create is not stored");
    }
    Ok(Response::from_parts(parts, body.into()))
}

fn again(kept: StoredResponse) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], kept.body).into_response();
    if let Some(tag) = kept.etag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// A digest of the request. It is keyed, because a request can have credentials or personal data.
fn fingerprint(secret: &DigestSecret, m: &MarketplaceId, asked: &impl Serialize) -> String {
    let asked = serde_json::to_string(asked).unwrap_or_default();
    BASE64_URL_SAFE_NO_PAD.encode(secret.digest::<32>(&["request", m.as_str(), &asked]))
}
