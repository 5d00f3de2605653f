//! Asking an app's connector: only connectors open credentials.

use std::collections::BTreeMap;

use aws::functions::{FunctionError, Functions};
use domain::app::App;
use domain::connector_rpc::{Request, Rpc, RpcError};

/// Why a connector gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    /// Do what its reason says.
    #[error(transparent)]
    Refused(#[from] RpcError),
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
