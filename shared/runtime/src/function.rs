//! The start of every function.

use std::future::Future;

pub use lambda_runtime::LambdaEvent;
use lambda_runtime::service_fn;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing_subscriber::EnvFilter;

use crate::config;

/// What ends an invocation: Lambda reports it and retries as the template says.
pub type Error = lambda_runtime::Error;

/// Installs what is process-wide: TLS and JSON logs at the level that the template sets.
pub fn init() {
    // The only failure is that a provider is there already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let level = config::optional("AWS_LAMBDA_LOG_LEVEL").unwrap_or_else(|| "info".to_owned());
    let filter =
        EnvFilter::try_new(format!("{},aws_config=warn,hyper=warn,reqwest=warn", level.to_lowercase()));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(filter)
        .init();
}

/// Serves invocations with `handle` until the sandbox ends.
pub async fn run<In, Out, Fut>(handle: impl Fn(LambdaEvent<In>) -> Fut) -> Result<(), Error>
where
    In: DeserializeOwned,
    Out: Serialize,
    Fut: Future<Output = Result<Out, Error>>,
{
    lambda_runtime::run(service_fn(handle)).await
}
