//! The services of a deployment, which every operation uses.
//!
//! Operations are grouped in areas, such as [`Rules`](crate::rules::Rules). Each area borrows the engine, and its module
//! adds the method that returns it.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws::bus::Bus;
use aws::dead_letters::DeadLetters;
use aws::functions::Functions;
use aws::queue::Queues;
use aws::schedules::{SchedulePlace, Schedules};
use aws::store::{Store, StoreError};
use aws::vault::Vault;
use aws_config::SdkConfig;
use domain::app::App;
use domain::author::Author;
use jiff::SignedDuration;
use runtime::config::{self, ConfigError};

use crate::connectors::Connectors;
use crate::sources::Sources;

/// A deployment of the engine.
#[derive(Debug, Clone)]
pub struct Engine {
    /// The DynamoDB table, with the author of changes.
    pub(crate) store: Store,
    pub(crate) services: Arc<Services>,
}

/// The services besides the table.
#[derive(Debug)]
pub(crate) struct Services {
    /// The encryption of credentials.
    pub(crate) vault: Vault,
    /// The connectors, which decrypt credentials.
    pub(crate) connectors: Connectors,
    /// The event bus.
    pub(crate) bus: Bus,
    /// The Lambda functions that are invoked synchronously.
    pub(crate) functions: Functions,
    /// The name of the function that processes prospects.
    pub(crate) prospects: String,
    /// The apps' queues.
    pub(crate) queues: Queues,
    /// The apps' dead-letter queues.
    pub(crate) dead_letters: BTreeMap<App, DeadLetters>,
    /// The queue of facts that could not be planned.
    pub(crate) facts_queue: DeadLetters,
    /// The prospects' timers.
    pub(crate) schedules: Schedules,
    /// The sources of the producers.
    pub(crate) sources: Sources,
}

/// The resources of a deployment. A resource of an app can be missing; operations that need it fail.
#[derive(Debug, Clone)]
pub struct Resources {
    /// The name of the table.
    pub table: String,
    /// How long items of the log are kept.
    pub log_ttl: SignedDuration,
    /// The id or ARN of the KMS key that encrypts credentials.
    pub kms_key: String,
    /// The name of the event bus.
    pub bus: String,
    /// The URLs of the apps' queues.
    pub queues: BTreeMap<App, String>,
    /// The URLs of the apps' dead-letter queues.
    pub dead_letters: BTreeMap<App, String>,
    /// The URL of the facts queue.
    pub facts_queue: String,
    /// The schedule group of the prospects' timers.
    pub schedule_group: String,
    /// The names or ARNs of the apps' connectors.
    pub connectors: BTreeMap<App, String>,
    /// The name or ARN of the function that processes prospects.
    pub prospects: String,
    /// The sources of the producers.
    pub sources: Sources,
}

impl Engine {
    /// The deployment with these resources. No request is made.
    pub fn new(sdk: &SdkConfig, resources: Resources) -> Self {
        let functions = Functions::new(sdk);
        // An operation cancels timers and starts none, so it needs neither their role nor their dead-letter queue.
        let place = SchedulePlace {
            group: resources.schedule_group,
            role: String::new(),
            dead_letters: String::new(),
        };
        let services = Services {
            vault: Vault::new(sdk, resources.kms_key),
            connectors: Connectors::new(functions.clone(), resources.connectors),
            bus: Bus::new(sdk, resources.bus),
            functions,
            prospects: resources.prospects,
            queues: Queues::new(sdk, resources.queues),
            dead_letters: DeadLetters::of_apps(sdk, resources.dead_letters),
            facts_queue: DeadLetters::new(sdk, resources.facts_queue),
            schedules: Schedules::new(sdk, place),
            sources: resources.sources,
        };
        let store = Store::new(sdk, resources.table, resources.log_ttl);
        Self { store, services: Arc::new(services) }
    }

    /// The deployment of a function, which the function's environment describes.
    ///
    /// # Errors
    /// [`ConfigError`]: an environment variable is missing or not valid, so the template does not match the function.
    pub fn from_environment(environment: &config::Services) -> Result<Self, ConfigError> {
        let functions = environment.functions();
        let services = Services {
            vault: environment.vault()?,
            connectors: Connectors::new(functions.clone(), config::by_app("CONNECTOR")?),
            bus: environment.bus()?,
            functions,
            prospects: config::required("PROSPECTS")?,
            queues: environment.queues()?,
            dead_letters: environment.dead_letters()?,
            facts_queue: environment.kept_facts()?,
            schedules: environment.schedules()?,
            sources: config::parsed("SOURCES")?,
        };
        Ok(Self { store: environment.store()?, services: Arc::new(services) })
    }

    /// One cheap read, so that the connection to the table is open before the first request.
    ///
    /// # Errors
    /// DynamoDB did not respond.
    pub async fn warm(&self) -> Result<(), StoreError> {
        self.store.warm().await
    }

    /// The deployed apps.
    pub fn apps(&self) -> impl Iterator<Item = App> {
        self.services.connectors.apps()
    }

    /// The same deployment, with this author of changes in the Configuration Log.
    #[must_use]
    pub fn by(&self, author: Author) -> Self {
        Self { store: self.store.by(author), services: Arc::clone(&self.services) }
    }
}
