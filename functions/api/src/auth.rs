//! Who may do what. A handler that asks for a [`Portal`] lets in whoever has a good portal token; one that asks for an
//! [`Editor`], whoever may change things; one that asks for an [`Operator`], whoever signed the request with IAM.
//!
//! The marketplace comes from the token alone, so no handler can be asked about another.

pub mod token;

use std::sync::Arc;

use aws::store::Use;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use domain::id::{MarketplaceId, SessionId};
use domain::session::Permission;
use lambda_http::request::RequestContext;
use runtime::clock;

use crate::problem::Problem;
use crate::state::Api;
use token::Claims;

/// Somebody who may look.
#[derive(Debug, Clone)]
pub struct Portal(Claims);

impl Portal {
    /// Whose data they may see.
    pub fn marketplace(&self) -> &MarketplaceId {
        &self.0.sub
    }

    /// Their session.
    pub fn session(&self) -> &SessionId {
        &self.0.sid
    }

    /// What they may do.
    pub fn permission(&self) -> Permission {
        self.0.permission
    }

    /// The web origin that they are bound to.
    pub fn origin(&self) -> Option<&str> {
        self.0.origin.as_deref()
    }
}

impl FromRequestParts<Arc<Api>> for Portal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let token = bearer(&parts.headers)
            .ok_or_else(|| Problem::unauthorized("Send `authorization: Bearer` and the portal token."))?;
        let now = clock::now();
        let claims = api.tokens.verify(token, now).await?;
        if let Some(bound) = &claims.origin {
            is_from(bound, &parts.method, &parts.headers)?;
        }
        let limit = api.calls_per_minute;
        match api.store.use_session(&claims.sub, &claims.sid, limit, now).await? {
            Use::Granted => Ok(Self(claims)),
            Use::Ended => Err(Problem::unauthorized("The session has ended: open the portal again.")),
            Use::TooOften => Err(Problem::too_often(limit)),
        }
    }
}

/// Whether a browser sends it from a page of that origin. Without the header, it can only be asked to look: browsers leave it
/// out where a page looks at what is of its own origin, and send it with everything else.
fn is_from(bound: &str, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(header::ORIGIN) {
        Some(origin) if origin.as_bytes() == bound.as_bytes() => Ok(()),
        Some(_) => Err(Problem::forbidden("This portal token is for another web origin.")),
        None if matches!(*method, Method::GET | Method::HEAD) => Ok(()),
        None => Err(Problem::forbidden(
            "This portal token is bound to a web origin: a change needs the `Origin` header.",
        )),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Somebody who may change things.
#[derive(Debug, Clone)]
pub struct Editor(Portal);

impl Editor {
    /// Whose data they may change.
    pub fn marketplace(&self) -> &MarketplaceId {
        self.0.marketplace()
    }

    /// The web origin that they are bound to.
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
            Permission::Read => Err(Problem::forbidden("This portal token may look and not change.")),
        }
    }
}

/// The operator: API Gateway has verified the signature (SigV4) and that IAM allows the call. It says so in the request's
/// context, which no caller can write.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Who, for the log.
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
