//! The dependencies of the handlers.

use aws::bus::Bus;
use aws::dead_letters::DeadLetters;
use aws::functions::Functions;
use aws::queue::Queues;
use aws::schedules::Schedules;
use aws::store::Store;
use domain::author::Author;
use operations::connectors::Connectors;
use operations::fleet::Fleet;
use operations::integrations::Integrations;
use runtime::config::{self, ConfigError, Services};

use crate::auth::token::Tokens;

/// The API's view of the deployment.
#[derive(Debug)]
pub struct Api {
    /// The DynamoDB table.
    pub store: Store,
    /// Operations on the merchants' accounts.
    pub integrations: Integrations,
    /// The queues of the apps.
    pub queues: Queues,
    /// The timers of the prospects.
    pub schedules: Schedules,
    /// Operations for all merchants.
    pub fleet: Fleet,
    /// The queue of facts that could not be planned.
    pub kept_facts: DeadLetters,
    /// The event bus that facts are published on.
    pub bus: Bus,
    /// The Lambda functions that are invoked synchronously.
    pub functions: Functions,
    /// The name of the function that processes prospects.
    pub prospects: String,
    /// The issuer of portal tokens.
    pub tokens: Tokens,
    /// The maximum number of requests of a session per minute.
    pub calls_per_minute: u32,
    /// The URL at which browsers reach this API, such as `https://api.example.com`. If absent, the request's domain is
    /// used.
    pub url: Option<String>,
}

impl Api {
    /// Reads the configuration from the environment.
    ///
    /// # Errors
    /// [`ConfigError`]: an environment variable is missing or not valid, so the template does not match the function.
    pub async fn from_environment() -> Result<Self, ConfigError> {
        let services = Services::load().await;
        let (store, vault) = (services.store()?, services.vault()?);
        let queues = services.queues()?;
        let connectors = Connectors::new(services.functions(), config::by_app("CONNECTOR")?);
        Ok(Self {
            integrations: Integrations { store: store.clone(), vault, connectors, bus: services.bus()? },
            schedules: services.schedules()?,
            fleet: Fleet {
                store: store.by(Author::Operator),
                queues: queues.clone(),
                dead_letters: services.dead_letters()?,
            },
            kept_facts: services.kept_facts()?,
            bus: services.bus()?,
            functions: services.functions(),
            prospects: config::required("PROSPECTS")?,
            queues,
            tokens: Tokens::new(services.signer()?),
            calls_per_minute: config::parsed("CALLS_PER_MINUTE")?,
            url: config::optional("API_URL").map(|url| url.trim_end_matches('/').to_owned()),
            store,
        })
    }
}
