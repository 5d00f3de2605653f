//! The server, and the handle of a running sandbox.
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::apps::{Examples, Query};
use crate::connection::{Connection, Doors};
use crate::exchange::Refusal;
use crate::recorder::Filter;
use crate::tokens::Standing;
use crate::world::World;
use crate::{control, dispatch};

/// The default number of requests that are kept: a long load run, in a few hundred megabytes.
pub(crate) const KEEP: usize = 200_000;

/// A sandbox that serves as long as this handle exists.
#[must_use = "the sandbox ends when its handle is dropped"]
pub struct Sandbox {
    address: SocketAddr,
    world: Arc<World>,
    server: JoinHandle<io::Result<()>>,
    /// Dropping it stops the server from accepting connections and closes the idle ones.
    _stop: oneshot::Sender<()>,
}

/// Serves the sandbox on a bound listener, inside the current Tokio runtime.
pub fn serve(listener: TcpListener) -> io::Result<Sandbox> {
    serve_with(listener, KEEP, false)
}

pub(crate) fn serve_with(listener: TcpListener, keep: usize, log: bool) -> io::Result<Sandbox> {
    serve_world(listener, World::new(keep, log))
}

fn serve_world(listener: TcpListener, world: World) -> io::Result<Sandbox> {
    let address = listener.local_addr()?;
    let world = Arc::new(world);
    let service = control::routes()
        .fallback(dispatch::to_app)
        .with_state(Arc::clone(&world))
        .into_make_service_with_connect_info::<Connection>();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(Doors(listener), service).with_graceful_shutdown(async move {
        // Both results of the wait mean that the handle was dropped.
        stopped.await.ok();
    });
    let server = tokio::spawn(async move { server.await });
    Ok(Sandbox { address, world, server, _stop: stop })
}

impl Sandbox {
    /// Serves on a free port of 127.0.0.1.
    pub async fn start() -> io::Result<Self> {
        serve(TcpListener::bind(("127.0.0.1", 0)).await?)
    }

    /// The same with the stand-in of an app that is data and not in the catalog.
    ///
    /// # Errors
    /// No port is free.
    pub async fn with(app: &'static str, examples: Examples) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        serve_world(listener, World::new(KEEP, false).with(app, examples))
    }

    /// Its origin, e.g. `http://127.0.0.1:4570`: the template's parameter `SandboxUrl`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of an app, e.g. `http://127.0.0.1:4570/mailchimp`, which replaces the vendor's origin.
    pub fn app_url(&self, app: &str) -> String {
        format!("{}/{app}", self.url())
    }

    /// The requests that an app received, in order, in the form of `GET /_requests`.
    pub fn requests(&self, app: &str) -> Vec<Value> {
        let filter = Filter { app: Some(app.to_owned()), ..Filter::default() };
        match self.world.recorder.show(&filter).map(|mut shown| shown["requests"].take()) {
            Ok(Value::Array(requests)) => requests,
            Ok(_) | Err(_) => Vec::new(),
        }
    }

    /// Makes requests fail; returns the fault's id.
    ///
    /// `{"app", "method", "path": regex on the vendor's path}` select requests (each is optional). `{"status",
    /// "headers", "body"}` responds instead of the app, `"reset"` or `"hang"` take effect `"before"` or `"after"` the
    /// app applied the request, `"delay_ms"` waits first (alone: then the app responds). `"rate"` (0 to 1) and
    /// `"count"` limit how often the fault applies. With `"at_once"`, so many simultaneous requests reach the app, each
    /// after the delay, and further requests get the status (429) at once. The oldest matching fault applies.
    pub fn fault(&self, fault: Value) -> Result<u64, Refusal> {
        self.world.fault(fault)
    }

    /// Removes every fault.
    pub fn clear_faults(&self) {
        self.world.faults.remove(None);
    }

    /// Makes an app reject a credential as the vendor does, or accept it in any form.
    pub fn token(&self, app: &str, token: &str, standing: Standing) -> Result<(), Refusal> {
        self.world.token(json!({ "app": app, "token": token, "state": standing.name() }))
    }

    /// Changes the behaviour of an app's OAuth.
    ///
    /// `{"clients": [{"client_id", "client_secret", "redirect_uris"}]}` accepts only these clients. `"expires_in"` and
    /// `"code_lifetime"` are seconds and apply to tokens and codes issued afterwards, as do `"company"` (HighLevel
    /// issues an agency's tokens), `"answer"` (fields of token responses) and `"callback"` (parameters of the redirect
    /// with a code). `"expire": true` ends every access token now, `"revoke": true` every code and token; with
    /// `"token"`, only those of the same consent as that token.
    pub fn oauth(&self, app: &str, instruction: Value) -> Result<(), Refusal> {
        self.world.oauth.instruct(app, instruction, &self.world.tokens)
    }

    /// The tokens that an app has issued, and how often its OAuth was called.
    pub fn oauth_state(&self, app: &str) -> Result<Value, Refusal> {
        self.world.oauth.show(app)
    }

    /// Adds to an app's state; each app's module documents its seed.
    pub fn seed(&self, app: &str, seed: Value) -> Result<(), Refusal> {
        self.world.app(app)?.seed(seed)
    }

    /// An app's state.
    pub fn state(&self, app: &str) -> Result<Value, Refusal> {
        self.world.app(app)?.state(&Query::default())
    }

    /// Deletes requests, faults, tokens and state.
    pub fn reset(&self) {
        self.world.reset();
    }

    /// Waits until the sandbox stops.
    pub async fn wait(self) -> io::Result<()> {
        let Self { server, _stop, .. } = self;
        server.await.map_err(io::Error::other)?
    }
}
