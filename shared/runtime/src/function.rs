//! The start of every function.

use std::future::Future;
use std::path::Path;

use domain::manifest::{Catalog, InvalidCatalog};
use jiff::Timestamp;
pub use lambda_runtime::LambdaEvent;
use lambda_runtime::service_fn;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::Instrument;

use crate::{clock, config, logs, metrics};

/// The error that ends an invocation: Lambda reports it and retries as configured in the template.
pub type Error = lambda_runtime::Error;

/// Installs the process-wide parts: JSON logs at the level that the template sets, and the operator's own apps.
///
/// # Errors
/// The definitions of the operator's apps are not valid.
pub fn init() -> Result<(), Error> {
    // Not Lambda's own variable: Lambda's filter would remove the metrics together with the log lines below the level.
    let level = config::optional("LOG_LEVEL").unwrap_or_else(|| "info".to_owned());
    let installed = tracing::subscriber::set_global_default(logs::subscriber(&level, std::io::stdout));
    if installed.is_ok() {
        logs::report_panics();
    }
    Ok(own_apps()?)
}

/// Adds the operator's own apps to the catalog. The build packs their definitions beside the binary.
fn own_apps() -> Result<(), InvalidCatalog> {
    let folder = std::env::current_exe().ok().and_then(|binary| binary.parent().map(Path::to_owned));
    match folder.and_then(|folder| std::fs::read_to_string(folder.join("apps.json")).ok()) {
        Some(own) => Catalog::install(&own),
        None => Ok(()),
    }
}

/// When Lambda ends the invocation.
pub fn deadline<In>(event: &LambdaEvent<In>) -> Timestamp {
    Timestamp::try_from(event.context.deadline()).unwrap_or(Timestamp::MAX)
}

/// Serves invocations with `handle` until the function instance ends. A failed invocation is logged here, once.
pub async fn run<In, Out, Fut>(handle: impl Fn(LambdaEvent<In>) -> Fut) -> Result<(), Error>
where
    In: DeserializeOwned,
    Out: Serialize,
    Fut: Future<Output = Result<Out, Error>>,
{
    let stack = config::required("STACK_NAME")?;
    let serve = |event: LambdaEvent<In>| {
        let span = logs::invocation(&event.context.request_id);
        // On the heap, once: otherwise each layer around it would contain its tens of kilobytes again.
        let invocation = Box::pin(handle(event));
        let logged = async {
            let result = invocation.await;
            if let Err(error) = &result {
                tracing::error!(error = %logs::Causes(error.as_ref()), "the invocation failed");
            }
            result
        };
        metrics::print(&stack, clock::now, logged.instrument(span))
    };
    lambda_runtime::run(service_fn(serve)).await
}
