//! A list of routes with two uses: the router, which serves them, and the OpenAPI document, which describes them.
//!
//! The document takes longer to make than the rest of the function's start, so it is not made there: a test makes it and
//! compares it with the committed file, which the function contains.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing::MethodRouter;
use utoipa::openapi::HttpMethod;
use utoipa_axum::PathItemExt;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::state::Api;

/// The handlers of one path, for each use.
pub(crate) struct Handlers<S, D> {
    pub(crate) path: fn() -> String,
    /// Returns the handlers by method.
    pub(crate) served: S,
    /// Returns the same with their documentation.
    pub(crate) documented: D,
}

/// Routes for one of the uses.
pub(crate) trait Routes: Sized {
    /// No routes.
    fn new() -> Self;

    /// These routes, and the handlers of one path, which the macro [`routes`](crate::routing::routes) lists.
    #[must_use]
    fn routes<S, D>(self, handlers: Handlers<S, D>) -> Self
    where
        S: FnOnce() -> MethodRouter<Arc<Api>>,
        D: FnOnce() -> UtoipaMethodRouter<Arc<Api>>;

    /// These routes and others.
    #[must_use]
    fn merge(self, others: Self) -> Self;

    /// These routes, whose bodies may have up to that many bytes.
    #[must_use]
    fn with_bodies_of(self, bytes: usize) -> Self;
}

impl Routes for Router<Arc<Api>> {
    fn new() -> Self {
        Router::new()
    }

    fn routes<S, D>(self, handlers: Handlers<S, D>) -> Self
    where
        S: FnOnce() -> MethodRouter<Arc<Api>>,
        D: FnOnce() -> UtoipaMethodRouter<Arc<Api>>,
    {
        self.route(&(handlers.path)(), (handlers.served)())
    }

    fn merge(self, others: Self) -> Self {
        Router::merge(self, others)
    }

    fn with_bodies_of(self, bytes: usize) -> Self {
        self.layer(DefaultBodyLimit::max(bytes))
    }
}

impl Routes for OpenApiRouter<Arc<Api>> {
    fn new() -> Self {
        OpenApiRouter::new()
    }

    fn routes<S, D>(self, handlers: Handlers<S, D>) -> Self
    where
        S: FnOnce() -> MethodRouter<Arc<Api>>,
        D: FnOnce() -> UtoipaMethodRouter<Arc<Api>>,
    {
        OpenApiRouter::routes(self, (handlers.documented)())
    }

    fn merge(self, others: Self) -> Self {
        OpenApiRouter::merge(self, others)
    }

    fn with_bodies_of(self, bytes: usize) -> Self {
        self.layer(DefaultBodyLimit::max(bytes))
    }
}

/// The router with a handler for these methods.
pub(crate) fn on<H, T>(
    router: MethodRouter<Arc<Api>>,
    methods: &[HttpMethod],
    handler: &H,
) -> MethodRouter<Arc<Api>>
where
    H: Handler<T, Arc<Api>>,
    T: 'static,
{
    methods.iter().fold(router, |router, method| router.on(method.to_method_filter(), handler.clone()))
}

/// The handlers of one path, each with its attribute `utoipa::path`.
macro_rules! routes {
    ($first:ident $(, $further:ident)*) => {
        utoipa_axum::paste! {
            $crate::routing::Handlers {
                path: <[<__path_ $first>] as utoipa::Path>::path,
                served: || {
                    let router = axum::routing::MethodRouter::new();
                    let router = $crate::routing::on(router, &<[<__path_ $first>] as utoipa::Path>::methods(), &$first);
                    $(let router =
                        $crate::routing::on(router, &<[<__path_ $further>] as utoipa::Path>::methods(), &$further);)*
                    router
                },
                documented: || utoipa_axum::routes!($first $(, $further)*),
            }
        }
    };
}

pub(crate) use routes;
