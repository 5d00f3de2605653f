//! The start of every connector function.

use std::time::Duration;

use aws::queue::Queues;
use aws::vault::Vault;
use aws_lambda_events::sqs::SqsEvent;
use domain::connector_rpc::Request;
use futures::future::join3;
use jiff::Timestamp;
use runtime::config::{self, Services};
use runtime::logs::Causes;
use runtime::{Error, LambdaEvent, function};
use serde_json::Value;

use crate::accounts::Accounts;
use crate::app_pause::PauseCache;
use crate::batch;
use crate::call::Connector;
use crate::circuit_breaker::Answered;
use crate::concurrency::Windows;
use crate::failed::KnownGroups;
use crate::http::HttpSettings;
use crate::oauth::{Authorizer, Registrar, TokenSource};
use crate::rate_limiter::RateLimiter;
use crate::rpc::ConnectorService;
use crate::worker::Worker;

/// The `main` of every connector function: serves the connector that `connect` builds, on one thread, until the function
/// instance ends.
///
/// # Errors
/// The function cannot start.
pub fn run<C, E>(connect: impl FnOnce(&HttpSettings) -> Result<C, E>) -> Result<(), Error>
where
    C: Connector,
    E: Into<Error>,
{
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        function::init()?;
        let function = Function::start(connect).await?;
        runtime::run(async |event: LambdaEvent<Value>| {
            let deadline = function::deadline(&event);
            function.handle(event.payload, deadline).await
        })
        .await
    })
}

/// The function of an app's connector.
#[derive(Debug)]
pub struct Function<C> {
    worker: Worker<C>,
    queues: Queues,
    vault: Vault,
}

impl<C: Connector> Function<C> {
    /// Reads the configuration and opens the connections during initialization, when Lambda provides a full core.
    ///
    /// # Errors
    /// The configuration is not valid, or the connector cannot be built.
    pub async fn start<E: Into<Error>>(
        connect: impl FnOnce(&HttpSettings) -> Result<C, E>,
    ) -> Result<Self, Error> {
        let services = Services::load()?;
        let store = services.store()?;
        let http = HttpSettings::with_sandbox(&config::optional("SANDBOX_URL").unwrap_or_default())?;
        let vault = services.vault()?;
        let connector = connect(&http).map_err(Into::into)?;
        let app = connector.app();
        let registrar = Registrar::new(services.secrets(), &config::required("OAUTH_SECRETS")?, app);
        let tokens = TokenSource::new(app, store.clone(), vault.clone());
        let worker = Worker {
            connector,
            accounts: Accounts::new(store.clone(), vault.clone()),
            authorizer: Authorizer::new(app, tokens, registrar, http.clone()),
            answered: Answered::default(),
            rates: RateLimiter::default(),
            windows: Windows::default(),
            pauses: PauseCache::of(app),
            bus: services.bus()?,
            failed: KnownGroups::default(),
            schedule: config::parsed("RETRY_SCHEDULE")?,
            lease: Duration::from_secs(config::parsed("LEASE_SECONDS")?),
            store,
        };
        let queues = services.queues()?;
        // Tests count the requests that a stand-in receives.
        let app = async {
            if http.sandbox.is_none() {
                worker.connector.warm().await;
            }
        };
        // The first job needs the app's pause in any case.
        let pause = worker.pauses.closed(&worker.store);
        let (pause, (), ()) = join3(pause, vault.warm(), app).await;
        if let Err(error) = pause {
            tracing::warn!(error = %Causes(&error), "the table failed at start");
        }
        Ok(Self { worker, queues, vault })
    }

    /// Handles an event before `deadline`: either a batch of the queue, or a [`Request`].
    ///
    /// # Errors
    /// The event is neither, or the table does not answer a request.
    pub async fn handle(&self, event: Value, deadline: Timestamp) -> Result<Value, Error> {
        let Self { worker, queues, vault } = self;
        if event.get("Records").is_some() {
            let event: SqsEvent = serde_json::from_value(event)?;
            return Ok(serde_json::to_value(batch::perform(worker, queues, event, deadline).await)?);
        }
        let request: Request = serde_json::from_value(event)?;
        let service = ConnectorService {
            connector: &worker.connector,
            authorizer: &worker.authorizer,
            store: &worker.store,
            vault,
        };
        Ok(service.answer(request).await?)
    }
}
