//! AWS in memory, behind the HTTP client of the SDK.
//!
//! - [`Aws::new`] takes the seed and a [`Clock`]; [`Aws::deploy`] creates the resources of a [`Deployment`], which
//!   [`deployment::Deployment::read`] reads from the template.
//! - [`Aws::sdk`] is the configuration for the shipped clients, with their retries and timeouts. [`Aws::inspector`] is
//!   the same without faults, latency and stale reads, for checks.
//! - [`Aws::set_faults`] sets the probabilities of [`Faults`]; [`Aws::strike`] decides the fate of single calls.
//! - [`functions::Lambda`] runs the functions: [`functions::Function`] is the shipped code behind it.
//! - [`Aws::items`] and [`Aws::queue`] show the state without a call. [`Aws::watch`] reports what happens.
//! - [`Aws::refused`] lists calls that the AWS in memory does not implement. A run with one proves nothing.
//!
//! Everything that is left to chance comes from the seed, and all time from the clock. A history therefore repeats
//! itself, if its caller is deterministic, too.

mod answer;
mod chance;
pub mod clock;
pub mod deployment;
pub mod dynamodb;
pub mod events;
pub mod faults;
pub mod functions;
mod http;
mod kms;
mod lambdas;
mod request;
mod scheduler;
mod secrets;
mod sqs;
mod state;
pub mod trace;
mod work;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use jiff::Timestamp;

use deployment::REGION;
use http::Connector;
use lambdas::Work;
use state::State;

pub use clock::Clock;
pub use deployment::Deployment;
pub use dynamodb::{DueIndex, Item, Value};
pub use faults::{Call, Faults, Service, Strike};
pub use sqs::{QueueSettings, QueueState};
pub use trace::Happening;

/// AWS in memory. Copies are the same AWS.
#[derive(Debug, Clone)]
pub struct Aws {
    state: Arc<Mutex<State>>,
    clock: Clock,
}

impl Aws {
    /// An AWS without resources, with the faults of [`Faults::CALM`].
    pub fn new(seed: u64, clock: Clock) -> Self {
        // The SDK's own chance: the times between its tries, and the tokens of its calls.
        fastrand::seed(seed);
        Self { state: Arc::new(Mutex::new(State::new(seed))), clock }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        http::lock(&self.state)
    }

    /// Creates the resources of a deployment.
    pub fn deploy(&self, deployment: &Deployment) {
        let mut state = self.state();
        for (name, settings) in &deployment.tables {
            state.dynamodb.create(name, settings.clone());
        }
        for (name, settings) in &deployment.queues {
            state.sqs.create(name, settings.clone());
        }
        for arn in &deployment.keys {
            state.kms.create(arn);
        }
        for (name, text) in &deployment.secrets {
            state.secrets.set(name, text);
        }
        for bus in &deployment.buses {
            state.events.create(bus);
        }
        for rule in &deployment.rules {
            state.events.add(rule.clone());
        }
        for settings in deployment.functions.values() {
            if let Some(every) = settings.every {
                let first = self.clock.now().checked_add(every).unwrap_or(Timestamp::MAX);
                state.lambda.add(first, Work::Every(settings.name.clone()));
            }
            state.lambda.functions.insert(settings.name.clone(), settings.clone());
        }
    }

    /// Stores a secret.
    pub fn set_secret(&self, name: &str, text: &str) {
        self.state().secrets.set(name, text);
    }

    /// The configuration of clients.
    pub fn sdk(&self) -> SdkConfig {
        self.configuration(false)
    }

    /// The configuration of clients that no fault concerns: their calls take no time, and their reads are consistent.
    pub fn inspector(&self) -> SdkConfig {
        self.configuration(true)
    }

    fn configuration(&self, quiet: bool) -> SdkConfig {
        let connector = Connector { state: Arc::clone(&self.state), clock: self.clock.clone(), quiet };
        let connector = SharedHttpConnector::new(connector);
        let credentials = Credentials::new("memory", "memory", None, None, "AWS in memory");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(::aws::clients::retries())
            .timeout_config(::aws::clients::timeouts())
            .time_source(SharedTimeSource::new(self.clock.clone()))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build()
    }

    /// Leaves out a function's invocations by its schedule at which no item of an index is due.
    pub fn skip_idle(&self, function: &str, index: DueIndex) {
        self.state().lambda.only_if_due.insert(function.to_owned(), index);
    }

    /// Performs one call without a client: the status and the JSON of its response. `target` is the header
    /// `x-amz-target`, such as `AmazonSQS.SendMessage`. No fault concerns it. `None`: there is no such service.
    pub fn call(&self, target: &str, body: &str) -> Option<(u16, String)> {
        let answer = http::direct(&self.state, self.clock.now(), target, body)?;
        Some((answer.status, String::from_utf8_lossy(&answer.body).into_owned()))
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sets the faults from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// Asks `decide` for the fate of each call; without one, chance decides.
    pub fn strike(&self, decide: impl FnMut(&Call<'_>) -> Option<Strike> + Send + 'static) {
        self.state().strikes = Some(Box::new(decide));
    }

    /// Reports everything that happens to `watcher`.
    pub fn watch(&self, watcher: impl FnMut(&Happening) + Send + 'static) {
        self.state().watcher = Some(Box::new(watcher));
    }

    /// The items of a table, in the order of their keys.
    pub fn items(&self, table: &str) -> Vec<Arc<Item>> {
        self.state().dynamodb.items(table)
    }

    /// The state of a queue, by its name.
    pub fn queue(&self, name: &str) -> QueueState {
        self.state().sqs.state(name, self.clock.now())
    }

    /// The names of all one-time schedules, with their times, such as `at(2026-05-04T10:00:07)`.
    pub fn schedules(&self) -> Vec<(String, String)> {
        self.state().scheduler.names()
    }

    /// The calls that are not implemented.
    pub fn refused(&self) -> Vec<String> {
        self.state().refused.iter().cloned().collect()
    }
}
