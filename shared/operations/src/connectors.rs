//! Asking an app's connector: only connectors open credentials.

use std::collections::BTreeMap;

use aws::functions::{FunctionError, Functions};
use aws::store::{Permitted, Store, StoreError};
use domain::app::App;
use domain::connector_rpc::{Request, Rpc, RpcError};
use domain::id::MarketplaceId;
use runtime::clock;
use runtime::logs::Causes;

/// Why a connector gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    /// Do what its reason says.
    #[error(transparent)]
    Refused(#[from] RpcError),
    /// Wait until the call that is under way has ended.
    #[error("{0}")]
    Limited(#[from] CallLimit),
    /// Try again: whether a call may be made is not known.
    #[error("the table cannot be read or written")]
    Store(#[from] StoreError),
    /// Name the connector: the deployment's outputs do not.
    #[error("the connector of {0} is not known here")]
    Unknown(App),
    /// Try again, or look at the function's log.
    #[error("the connector did not answer")]
    Function(#[from] FunctionError),
    /// Deploy both from one version: what it answered is nothing that this program reads.
    #[error("the connector of {app} answered what cannot be read")]
    Unreadable {
        /// Whose.
        app: App,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// What a call that somebody waits for waits for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallLimit {
    /// The marketplace's own.
    #[error(
        "another test, connection or refresh of this marketplace is under way: try again when it has ended"
    )]
    Marketplace,
    /// Those of all marketplaces.
    #[error("too many tests, connections and refreshes are under way: try again in a few seconds")]
    Everybody,
}

/// The connectors of a deployment.
#[derive(Debug, Clone)]
pub struct Connectors {
    functions: Functions,
    names: BTreeMap<App, String>,
}

impl Connectors {
    /// `names`: the functions, by name or ARN.
    pub fn new(functions: Functions, names: BTreeMap<App, String>) -> Self {
        Self { functions, names }
    }

    /// Asks the connector of `app` for a call to an address that may never answer: one at a time for each marketplace.
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
        // Otherwise its lease ends it.
        if let Err(error) = store.end_direct_call(permit).await {
            tracing::warn!(error = %Causes(&error), "a call's place is not given back");
        }
        answer
    }

    /// Asks the connector of `app`.
    pub async fn ask<A: Rpc>(&self, app: App, ask: A) -> Result<A::Answer, ConnectorError> {
        let name = self.names.get(&app).ok_or(ConnectorError::Unknown(app))?;
        let request: Request = ask.into();
        let unreadable = |source| ConnectorError::Unreadable { app, source };
        let payload = serde_json::to_vec(&request).map_err(unreadable)?;
        let answer = self.functions.invoke(name, payload).await?;
        let answer: Result<A::Answer, RpcError> = serde_json::from_slice(&answer).map_err(unreadable)?;
        Ok(answer?)
    }
}
