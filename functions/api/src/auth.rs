//! Authorization. A handler declares it as an argument: [`Portal`] requires a valid portal token, [`Editor`] a token
//! with write permission, and [`Operator`] a request signed with IAM.
//!
//! The marketplace comes only from the token, so no request can name another marketplace.

pub mod token;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use domain::author::{Actor, Author};
use domain::id::{MarketplaceId, SessionId};
use domain::session::Permission;
use jiff::Timestamp;
use lambda_http::request::RequestContext;
use operations::Engine;
use operations::sessions::Use;
use runtime::clock;

use crate::problem::Problem;
use crate::state::Api;
use token::Claims;

/// A caller with a valid portal token.
#[derive(Debug, Clone)]
pub struct Portal(Claims);

impl Portal {
    /// The marketplace whose data the caller may read.
    pub fn marketplace(&self) -> &MarketplaceId {
        &self.0.sub
    }

    /// The portal session.
    pub fn session(&self) -> &SessionId {
        &self.0.sid
    }

    /// The person who uses the session, if the platform has set one.
    pub fn actor(&self) -> Option<&Actor> {
        self.0.actor.as_ref()
    }

    /// When the token expires.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_second(self.0.exp).unwrap_or(Timestamp::MAX)
    }

    /// The permission of the session.
    pub fn permission(&self) -> Permission {
        self.0.permission
    }

    /// The web origin that the session is bound to.
    pub fn origin(&self) -> Option<&str> {
        self.0.origin.as_deref()
    }
}

impl FromRequestParts<Arc<Api>> for Portal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or_else(|| {
            Problem::unauthorized("Send the portal token in the header `authorization: Bearer`.")
        })?;
        let now = clock::now();
        let claims = api.tokens.verify(token, now).await?;
        if let Some(bound) = &claims.origin {
            is_from(bound, &parts.method, &parts.headers)?;
        }
        let limit = api.calls_per_minute;
        match api.engine.sessions().use_once(&claims.sub, &claims.sid, limit, now).await? {
            Use::Granted => Ok(Self(claims)),
            Use::Ended => Err(Problem::unauthorized("The session has ended: open the portal again.")),
            Use::TooOften => Err(Problem::rate_limited(limit)),
        }
    }
}

/// Whether a browser sent the request from a page of the bound origin. A request without the `Origin` header is
/// accepted only if it reads: browsers omit the header if a page reads from its own origin, and send it with every
/// change.
fn is_from(bound: &str, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(header::ORIGIN) {
        Some(origin) if origin.as_bytes() == bound.as_bytes() => Ok(()),
        Some(_) => Err(Problem::forbidden("This portal token is for another web origin.")),
        None if matches!(*method, Method::GET | Method::HEAD) => Ok(()),
        None => Err(Problem::forbidden(
            "This portal token is bound to a web origin. A change requires the `Origin` header.",
        )),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// A caller with a portal token that permits changes.
#[derive(Debug, Clone)]
pub struct Editor(Portal);

impl Editor {
    /// The marketplace whose data the caller may change.
    pub fn marketplace(&self) -> &MarketplaceId {
        self.0.marketplace()
    }

    /// The author of the caller's changes, for the Configuration Log.
    fn author(&self) -> Author {
        let Claims { sid, actor, .. } = &self.0.0;
        Author::Session { session: sid.clone(), actor: actor.clone() }
    }

    /// The deployment, with the caller as the author of changes.
    pub(crate) fn engine(&self, api: &Api) -> Engine {
        api.engine.by(self.author())
    }

    /// The web origin that the session is bound to.
    pub fn origin(&self) -> Option<&str> {
        self.0.origin()
    }
}

impl FromRequestParts<Arc<Api>> for Editor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let portal = <Portal as FromRequestParts<Arc<Api>>>::from_request_parts(parts, api).await?;
        match portal.permission() {
            Permission::Write => Ok(Self(portal)),
            Permission::Read => Err(Problem::forbidden("This portal token is read-only.")),
        }
    }
}

/// The operator. API Gateway has verified the signature (SigV4) and that IAM allows the call, and records both in the
/// request's context, which callers cannot set.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The ARN of the caller, for the log.
    pub arn: String,
}

impl FromRequestParts<Arc<Api>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _api: &Arc<Api>) -> Result<Self, Problem> {
        let context = parts.extensions.get::<RequestContext>();
        let iam = match context {
            Some(RequestContext::ApiGatewayV2(context)) => {
                context.authorizer.as_ref().and_then(|authorizer| authorizer.iam.as_ref())
            }
            _ => None,
        };
        let arn = iam.and_then(|iam| iam.user_arn.clone());
        arn.map(|arn| Self { arn }).ok_or_else(|| Problem::forbidden("Sign the request with IAM (SigV4)."))
    }
}
