//! Connecting an account: by the operator's command line, with typed credentials or by logging in.

use domain::app::App;
use tokio::sync::Mutex;

use crate::stack::Shop;

/// The address that an app redirects people to.
const BACK: &str = "https://engine.test/back";

/// An instruction to a stand-in's OAuth applies to every later login, so logins run one at a time.
pub(super) static DOOR: Mutex<()> = Mutex::const_new(());

/// A way to connect an account of an app.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) app: App,
    /// The manifest's method; `None` for logging in.
    method: Option<&'static str>,
    /// A list of `key=value`.
    set: Vec<String>,
}

impl Way {
    /// With credentials that a merchant types.
    pub(super) fn typed(app: App, method: &'static str, set: &[(&str, &str)]) -> Self {
        Self { method: Some(method), ..Self::login(app, set) }
    }

    /// By logging in with the app.
    pub(super) fn login(app: App, set: &[(&str, &str)]) -> Self {
        Self { app, method: None, set: set.iter().map(|(key, value)| format!("{key}={value}")).collect() }
    }

    /// Connects the marketplace's account of the app, or connects it again; returns the command's output.
    pub(super) async fn connect(&self, shop: &Shop) -> String {
        if let Some(method) = self.method {
            return self.command(shop, "connect", &["--method", method], Shop::engine).await;
        }
        let _alone = DOOR.lock().await;
        let address = self.decided(shop, "allow").await;
        self.accept(shop, &address).await
    }

    /// The reason that the account is not connected.
    pub(super) async fn is_refused(&self, shop: &Shop) -> String {
        let method = self.method.expect("a typed way");
        self.command(shop, "connect", &["--method", method], Shop::engine_refuses).await
    }

    /// Begins a login and decides on the app's page; returns the address that the app redirects to.
    pub(super) async fn decided(&self, shop: &Shop, decision: &str) -> String {
        let said = self.command(shop, "login", &["--redirect-uri", BACK], Shop::engine).await;
        let page = said.lines().next().expect("an address");
        let address = shop.engine.sandbox_redirect(&format!("{page}&decision={decision}")).await;
        assert!(address.starts_with(BACK), "{address}");
        address
    }

    /// Finishes a login.
    pub(super) async fn accept(&self, shop: &Shop, address: &str) -> String {
        shop.engine(&["accept", self.app.key(), address]).await
    }

    /// The reason that a login is rejected.
    pub(super) async fn accept_refused(&self, shop: &Shop, address: &str) -> String {
        shop.engine_refuses(&["accept", self.app.key(), address]).await
    }

    async fn command(
        &self,
        shop: &Shop,
        command: &str,
        more: &[&str],
        run: impl AsyncFn(&Shop, &[&str]) -> String,
    ) -> String {
        let id = Shop::account(self.app).to_string();
        let own = [command, self.app.key(), "--label", self.app.label(), "--id", &id];
        let set = self.set.iter().flat_map(|set| ["--set", set.as_str()]);
        let args: Vec<&str> = own.iter().chain(more).copied().chain(set).collect();
        run(shop, &args).await
    }
}
