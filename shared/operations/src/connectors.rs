//! Synchronous calls to the apps' connectors: only connectors can decrypt credentials.

use std::collections::BTreeMap;

use aws::functions::{FunctionError, Functions};
use aws::store::{Permitted, Store, StoreError};
use domain::app::App;
use domain::connector_rpc::{Request, Rpc, RpcError};
use domain::id::MarketplaceId;
use runtime::clock;
use runtime::logs::Causes;

/// The reason why a call returned no result.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    /// The connector or the app rejected the call. The reason says how to resolve the problem.
    #[error(transparent)]
    Refused(#[from] RpcError),
    /// Another call is in progress. Wait until it has ended.
    #[error("{0}")]
    Limited(#[from] CallLimit),
    /// Whether a call is permitted is not known. Try again.
    #[error("the table cannot be read or written")]
    Store(#[from] StoreError),
    /// The deployment does not have the app. The operator adds it.
    #[error("{label} is not deployed: the operator adds `{0}` to the stack's parameter Apps", label = .0.label())]
    NotDeployed(App),
    /// The function failed or did not respond. Try again, or read the function's log.
    #[error("the connector did not answer")]
    Function(#[from] FunctionError),
    /// The connector and this program are of different versions. Deploy both from the same version.
    #[error("the response of the connector of {app} cannot be read")]
    Unreadable {
        /// The connector's app.
        app: App,
        /// The parse error.
        #[source]
        source: serde_json::Error,
    },
}

/// The limit that a synchronous call exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallLimit {
    /// One call per marketplace.
    #[error(
        "another test, connection or refresh of this marketplace is in progress: try again when it has ended"
    )]
    Marketplace,
    /// The number of calls of all marketplaces.
    #[error("too many tests, connections and refreshes are in progress: try again in a few seconds")]
    Everybody,
}

/// The connectors of a deployment.
#[derive(Debug, Clone)]
pub struct Connectors {
    functions: Functions,
    names: BTreeMap<App, String>,
}

impl Connectors {
    /// `names`: the connector functions, by name or ARN.
    pub fn new(functions: Functions, names: BTreeMap<App, String>) -> Self {
        Self { functions, names }
    }

    /// The deployed apps.
    pub fn apps(&self) -> impl Iterator<Item = App> {
        self.names.keys().copied()
    }

    /// The connector function of `app`, if the app is deployed.
    pub(crate) fn deployed(&self, app: App) -> Result<&str, ConnectorError> {
        self.names.get(&app).map(String::as_str).ok_or(ConnectorError::NotDeployed(app))
    }

    /// Calls the connector of `app` if the call can wait for a URL that never responds. Each marketplace can make one
    /// such call at a time.
    pub async fn ask_alone<A: Rpc>(
        &self,
        store: &Store,
        m: &MarketplaceId,
        app: App,
        ask: A,
    ) -> Result<A::Answer, ConnectorError> {
        let permit = match store.begin_direct_call(m, clock::unique(), clock::now()).await? {
            Permitted::Yes(permit) => permit,
            Permitted::Busy => return Err(CallLimit::Marketplace.into()),
            Permitted::Full => return Err(CallLimit::Everybody.into()),
        };
        let answer = self.ask(app, ask).await;
        // If this fails, the permit expires with its lease.
        if let Err(error) = store.end_direct_call(permit).await {
            tracing::warn!(error = %Causes(&error), "a call's permit is not released");
        }
        answer
    }

    /// Calls the connector of `app`.
    pub async fn ask<A: Rpc>(&self, app: App, ask: A) -> Result<A::Answer, ConnectorError> {
        let name = self.deployed(app)?;
        let request: Request = ask.into();
        let unreadable = |source| ConnectorError::Unreadable { app, source };
        let payload = serde_json::to_vec(&request).map_err(unreadable)?;
        let answer = self.functions.invoke(name, payload).await?;
        let answer: Result<A::Answer, RpcError> = serde_json::from_slice(&answer).map_err(unreadable)?;
        Ok(answer?)
    }
}
