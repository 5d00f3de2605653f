//! The OAuth of the apps that have it: the page on which a user authorizes a client, and the endpoint that exchanges a
//! code or a refresh token for tokens (RFC 6749, section 4.1). The differences between the apps are rows in
//! [`provider`].
//!
//! The page is a form for people. A program adds `decision=allow` or `decision=deny` to its address and is redirected
//! at once. Access tokens that expired, were rotated or were revoked are recorded in [`Tokens`], so that the app
//! rejects them.
//!
//! `POST /_oauth/{app}` accepts the instruction of [`Sandbox::oauth`](crate::Sandbox::oauth), in which every field is
//! optional:
//!
//! ```json
//! {"clients": [{"client_id": "engine", "client_secret": "s", "redirect_uris": ["https://engine.test/back"]}],
//!  "expires_in": 2, "code_lifetime": 0, "reuse": 30, "company": true, "answer": {"locationId": "lenient"},
//!  "callback": {"subdomain": "academy"}, "expire": true, "revoke": true, "token": "access-000001-…"}
//! ```
//! `GET` shows the tokens and the number of calls: `authorize`, `allow`, `deny`, `token`, `refresh`, `revoke`, and
//! `refuse` for each error.
mod authorize;
mod error;
mod ledger;
mod metadata;
mod provider;
mod token;

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use self::ledger::Ledger;
use self::provider::Provider;
use crate::exchange::{Refusal, Reply, Request, instruction};
use crate::tokens::Tokens;

/// The OAuth of every app that has it.
pub(crate) struct OAuth(Vec<(&'static Provider, Mutex<Ledger>)>);

impl Default for OAuth {
    fn default() -> Self {
        Self(provider::all().map(|provider| (provider, Mutex::new(Ledger::new(provider)))).collect())
    }
}

impl OAuth {
    /// Responds to a request to an app's OAuth; `None` if the request is for the app itself.
    pub(crate) fn answer(&self, app: &str, request: &Request, tokens: &Tokens) -> Option<Reply> {
        let (provider, mut ledger) = self.ledger(app)?;
        ledger.settle(request.at, tokens);
        let path = request.path.trim_end_matches('/');
        if path == provider.authorize {
            Some(authorize::answer(provider, &mut ledger, request))
        } else if path == provider.token {
            Some(token::answer(provider, &mut ledger, request, tokens))
        } else if provider.revoke.contains(&path) {
            Some(token::revoke(provider, &mut ledger, request, tokens))
        } else if provider.metadata == Some(path) {
            Some(metadata::answer(provider, &ledger, request, tokens))
        } else {
            None
        }
    }

    /// Applies the operator's instruction to an app's OAuth.
    pub(crate) fn instruct(&self, app: &str, told: Value, tokens: &Tokens) -> Result<(), Refusal> {
        self.known(app)?.instruct(instruction(told)?, tokens)
    }

    /// The tokens that an app has issued.
    pub(crate) fn show(&self, app: &str) -> Result<Value, Refusal> {
        Ok(self.known(app)?.show())
    }

    /// Deletes all clients, codes and tokens.
    pub(crate) fn reset(&self) {
        for (provider, ledger) in &self.0 {
            *lock(ledger) = Ledger::new(provider);
        }
    }

    fn ledger(&self, app: &str) -> Option<(&'static Provider, MutexGuard<'_, Ledger>)> {
        let (provider, ledger) = self.0.iter().find(|(provider, _)| provider.app == app)?;
        Some((provider, lock(ledger)))
    }

    fn known(&self, app: &str) -> Result<MutexGuard<'_, Ledger>, Refusal> {
        let known: Vec<_> = provider::all().map(|provider| provider.app).collect();
        let unknown = || Refusal::new(format!("app: `{app}` has no OAuth; these have: {}", known.join(", ")));
        self.ledger(app).map(|(_, ledger)| ledger).ok_or_else(unknown)
    }
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The response to a call with another method.
fn only(allow: &'static str) -> Reply {
    Reply::empty(StatusCode::METHOD_NOT_ALLOWED).with(header::ALLOW, HeaderValue::from_static(allow))
}

/// A response that must not be cached (RFC 6749, section 5.1).
fn unkept(reply: Reply) -> Reply {
    reply.with(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}
