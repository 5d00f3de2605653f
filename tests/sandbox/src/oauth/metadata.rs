//! The account of a token in Mailchimp, whose tokens do not contain the account's data center.
use axum::http::{StatusCode, header};
use serde_json::json;

use super::ledger::Ledger;
use super::only;
use super::provider::Provider;
use crate::exchange::{Reply, Request};
use crate::tokens::{Standing, Tokens};

/// `GET /oauth2/metadata`. An invalid token also gets status 200.
///
/// <https://mailchimp.com/developer/marketing/guides/access-user-data-oauth-2/>
pub(super) fn answer(provider: &Provider, ledger: &Ledger, request: &Request, tokens: &Tokens) -> Reply {
    if request.method != "GET" {
        return only("GET");
    }
    let header = request.header(header::AUTHORIZATION).and_then(|value| value.split_once(' '));
    // `OAuth` is the documented scheme; many clients send `Bearer`, which is accepted.
    let scheme = |scheme: &str| scheme.eq_ignore_ascii_case("oauth") || scheme.eq_ignore_ascii_case("bearer");
    let token = header.filter(|(given, _)| scheme(given)).map(|(_, token)| token.trim());
    let good = token.is_some_and(|token| match tokens.standing(provider.app, token) {
        Some(standing) => standing == Standing::Valid,
        None => ledger.issued(token),
    });
    let body = if good {
        json!({
            "dc": "us6",
            "role": "owner",
            "accountname": "Sandbox",
            "user_id": 1,
            "login": { "email": "owner@sandbox.invalid", "login_id": 1, "login_name": "sandbox" },
            "login_url": "https://login.mailchimp.com",
            "api_endpoint": "https://us6.api.mailchimp.com",
        })
    } else {
        json!({ "error": "invalid_token", "error_description": "The access token is not valid." })
    };
    Reply::json(StatusCode::OK, &body)
}
