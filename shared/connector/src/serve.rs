//! The start of every connector function.

use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use runtime::config::{self, Services};
use runtime::logs::Causes;
use runtime::{Error, LambdaEvent, function};

use crate::accounts::Accounts;
use crate::batch;
use crate::call::Connector;
use crate::http::HttpSettings;
use crate::worker::Worker;

/// Serves an app's queue until the sandbox ends. `connect` builds the app's connector.
pub async fn serve<C, E>(connect: impl FnOnce(&HttpSettings) -> Result<C, E>) -> Result<(), Error>
where
    C: Connector,
    E: Into<Error>,
{
    function::init();
    let services = Services::load().await;
    let store = services.store()?;
    let http = HttpSettings::with_sandbox(&config::optional("SANDBOX_URL").unwrap_or_default())?;
    let worker = Worker {
        connector: connect(&http).map_err(Into::into)?,
        accounts: Accounts::new(store.clone(), services.vault()?),
        bus: services.bus()?,
        schedule: config::parsed("RETRY_SCHEDULE")?.unwrap_or_default(),
        lease: Duration::from_secs(config::parsed("LEASE_SECONDS")?.unwrap_or(40)),
        store,
    };
    let queues = services.queues()?;
    if let Err(error) = worker.store.warm().await {
        tracing::warn!(error = %Causes(&error), "the table did not answer at start");
    }
    let (worker, queues) = (&worker, &queues);
    runtime::run(async |event: LambdaEvent<SqsEvent>| Ok(batch::perform(worker, queues, event.payload).await))
        .await
}
