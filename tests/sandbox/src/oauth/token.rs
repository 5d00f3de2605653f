//! The token endpoint, and the endpoint that revokes tokens.
use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::error::Error;
use super::ledger::{Event, Ledger};
use super::provider::{ClientAuth, Dialect, Format, Provider, Revokes};
use super::{only, unkept};
use crate::exchange::{Reply, Request};
use crate::tokens::Tokens;

/// The parameters of a request.
struct Parameters(BTreeMap<String, String>);

impl Parameters {
    fn read(format: Format, request: &Request) -> Result<Self, Error> {
        let media_type = request.media_type();
        match (format, media_type.as_deref()) {
            (Format::Form, Some("application/x-www-form-urlencoded")) => {
                Ok(Self(url::form_urlencoded::parse(&request.body).into_owned().collect()))
            }
            (Format::Json, Some("application/json")) => serde_json::from_slice(&request.body)
                .map(Self)
                .map_err(|_| Error::Request("The body is not a JSON object of texts.")),
            (Format::Form, _) => Err(Error::Request("The body must be application/x-www-form-urlencoded.")),
            (Format::Json, _) => Err(Error::Request("The body must be application/json.")),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Exchanges a code or a refresh token for tokens.
pub(super) fn answer(provider: &Provider, ledger: &mut Ledger, request: &Request, tokens: &Tokens) -> Reply {
    if request.method != "POST" {
        return only("POST");
    }
    finish(provider, ledger, |ledger| {
        let parameters = Parameters::read(provider.format, request)?;
        match parameters.get("grant_type") {
            Some("authorization_code") => {
                let client = client(provider, ledger, request, &parameters)?;
                redeem(provider, ledger, request, &parameters, &client)
            }
            Some("refresh_token") if provider.refresh => {
                let client = client(provider, ledger, request, &parameters)?;
                let token = parameters.get("refresh_token");
                let token = token.ok_or(Error::Request("refresh_token should not be empty"))?;
                let answer = ledger.renew(token, &client, request.at, tokens);
                let answer = answer.ok_or(Error::Grant("Invalid grant: refresh token is invalid"))?;
                ledger.count(Event::Refresh);
                Ok(answer)
            }
            Some(_) => Err(Error::GrantType),
            None => Err(Error::Request("grant_type should not be empty")),
        }
    })
}

/// Revokes a token (RFC 7009): its consent is revoked, and a token that is unknown or of another kind is no error.
pub(super) fn revoke(provider: &Provider, ledger: &mut Ledger, request: &Request, tokens: &Tokens) -> Reply {
    if request.method != "POST" {
        return only("POST");
    }
    finish(provider, ledger, |ledger| {
        let parameters = Parameters::read(provider.format, request)?;
        let client = client(provider, ledger, request, &parameters)?;
        let token = parameters.get("token").ok_or(Error::Request("token should not be empty"))?;
        if provider.revokes == Revokes::AnyToken || ledger.is_refresh(token) {
            ledger.give_back(token, &client, tokens);
        }
        ledger.count(Event::Revoke);
        Ok(Map::new())
    })
}

fn finish(
    provider: &Provider,
    ledger: &mut Ledger,
    act: impl FnOnce(&mut Ledger) -> Result<Map<String, Value>, Error>,
) -> Reply {
    match act(ledger) {
        Ok(answer) => unkept(Reply::json(StatusCode::OK, &json!(answer))),
        Err(error) => {
            ledger.count(Event::Refuse);
            error.reply(provider)
        }
    }
}

/// The client's id, if its secret is correct.
fn client(
    provider: &Provider,
    ledger: &Ledger,
    request: &Request,
    parameters: &Parameters,
) -> Result<String, Error> {
    let given = match provider.client {
        ClientAuth::Body => parameters
            .get("client_id")
            .zip(parameters.get("client_secret"))
            .map(|(id, secret)| (id.to_owned(), secret.to_owned())),
        ClientAuth::Basic => basic(request),
    };
    given.filter(|(id, secret)| ledger.knows(id, secret)).map(|(id, _)| id).ok_or(Error::Client)
}

fn basic(request: &Request) -> Option<(String, String)> {
    let (scheme, value) = request.header(header::AUTHORIZATION)?.split_once(' ')?;
    let decoded = STANDARD.decode(value.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let decoded = String::from_utf8(decoded).ok()?;
    decoded.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

fn redeem(
    provider: &Provider,
    ledger: &mut Ledger,
    request: &Request,
    parameters: &Parameters,
    client: &str,
) -> Result<Map<String, Value>, Error> {
    let text = parameters.get("code").ok_or(Error::Request("code should not be empty"))?;
    if provider.dialect == Dialect::HighLevel
        && parameters.get("user_type").is_some_and(|kind| !matches!(kind, "Company" | "Location"))
    {
        return Err(Error::Request("user_type must be a valid enum value"));
    }
    let invalid = Error::Grant("Invalid grant: authorization code is invalid");
    let code = ledger.code(text, client, request.at).ok_or(invalid)?;
    match parameters.get("redirect_uri") {
        Some(uri) if uri != code.redirect_uri => {
            return Err(Error::Grant(
                "Invalid grant: redirect_uri is not the address that the code was sent to",
            ));
        }
        None if provider.repeats_redirect => {
            return Err(Error::Request("redirect_uri should not be empty"));
        }
        Some(_) | None => {}
    }
    if let Some(challenge) = &code.challenge {
        let verifier = parameters.get("code_verifier").map(|verifier| Sha256::digest(verifier.as_bytes()));
        if verifier.is_none_or(|digest| URL_SAFE_NO_PAD.encode(digest) != *challenge) {
            return Err(Error::Grant("Invalid grant: code_verifier does not match"));
        }
    }
    let answer = ledger.redeem(text, request.at).ok_or(invalid)?;
    ledger.count(Event::Token);
    Ok(answer)
}
