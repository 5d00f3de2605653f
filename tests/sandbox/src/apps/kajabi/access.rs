//! Access tokens: <https://developers.kajabi.com/api-reference/authentication/get-access-token>.
use axum::http::{StatusCode, header};
use jiff::SignedDuration;
use serde_json::json;

use super::ID;
use super::account::{Account, Issued};
use super::problem::Problem;
use crate::apps::hex;
use crate::exchange::{Reply, Request};
use crate::tokens::{Standing, Tokens};

/// `POST /v1/oauth/token`: a token for a key and its secret. Refresh tokens are issued but not accepted.
pub(super) fn grant(account: &mut Account, request: &Request, tokens: &Tokens) -> Reply {
    // [?] The document shows `{"error": "…"}` without values; these are OAuth's own.
    let refuse = |status, error: &str| Reply::json(status, &json!({ "error": error }));
    if request.media_type().as_deref() != Some("application/x-www-form-urlencoded") {
        return refuse(StatusCode::BAD_REQUEST, "invalid_request");
    }
    let field = |name: &str| {
        let mut form = url::form_urlencoded::parse(&request.body);
        form.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    if field("grant_type") != "client_credentials" {
        return refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    let pair = [field("client_id"), field("client_secret")];
    if pair.iter().any(String::is_empty) || is_withdrawn(&pair, tokens) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let [access, refresh] = [(); 2].map(|()| hex(&rand::random::<[u8; 16]>()));
    let seconds = account.token_seconds;
    let expires = request.at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(request.at);
    account.issued.insert(access.clone(), Issued { pair, expires });
    let body = json!({
        "access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": seconds,
    });
    Reply::json(StatusCode::OK, &body)
}

/// Whether a call is authorized: its token must be valid, and the user must have the permission.
pub(super) fn authorize(
    account: &Account,
    request: &Request,
    tokens: &Tokens,
    path: &[&str],
) -> Result<(), Problem> {
    let header = request.header(header::AUTHORIZATION).ok_or_else(Problem::unauthorized)?;
    let token = header.strip_prefix("Bearer ").ok_or_else(Problem::unauthorized)?;
    let is_good = |issued: &Issued| issued.expires > request.at && !is_withdrawn(&issued.pair, tokens);
    match tokens.standing(ID, token) {
        Some(Standing::Valid) => {}
        None if account.issued.get(token).is_some_and(is_good) => {}
        Some(Standing::Revoked | Standing::Expired) | None => return Err(Problem::unauthorized()),
    }
    match path.first() {
        Some(what) if account.forbidden.contains(*what) => Err(Problem::forbidden()),
        _ => Ok(()),
    }
}

fn is_withdrawn(pair: &[String; 2], tokens: &Tokens) -> bool {
    pair.iter().any(|part| matches!(tokens.standing(ID, part), Some(Standing::Revoked | Standing::Expired)))
}
