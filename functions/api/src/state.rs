//! What every handler reaches.

use aws::bus::Bus;
use aws::dead_letters::DeadLetters;
use aws::functions::Functions;
use aws::queue::Queues;
use aws::schedules::Schedules;
use aws::store::Store;
use operations::connectors::Connectors;
use operations::fleet::Fleet;
use operations::integrations::Integrations;
use runtime::config::{self, ConfigError, Services};

use crate::auth::token::Tokens;

/// The deployment, as the API sees it.
#[derive(Debug)]
pub struct Api {
    /// The table.
    pub store: Store,
    /// The merchants' accounts.
    pub integrations: Integrations,
    /// The apps' queues.
    pub queues: Queues,
    /// The prospects' timers.
    pub schedules: Schedules,
    /// All merchants at once.
    pub fleet: Fleet,
    /// The facts that could not be planned.
    pub kept_facts: DeadLetters,
    /// The bus that facts are published on.
    pub bus: Bus,
    /// Functions that are called for their answer.
    pub functions: Functions,
    /// The name of the one that looks after prospects.
    pub prospects: String,
    /// The portal's tokens.
    pub tokens: Tokens,
    /// How often a session may call in a minute.
    pub calls_per_minute: u32,
    /// Where browsers reach this API, such as `https://api.example.com`; where absent, the request says.
    pub url: Option<String>,
}

impl Api {
    /// As the environment says.
    ///
    /// # Errors
    /// [`ConfigError`]: the template and the function disagree.
    pub async fn from_environment() -> Result<Self, ConfigError> {
        let services = Services::load().await;
        let (store, vault) = (services.store()?, services.vault()?);
        let queues = services.queues()?;
        let connectors = Connectors::new(services.functions(), config::by_app("CONNECTOR")?);
        Ok(Self {
            integrations: Integrations { store: store.clone(), vault, connectors, bus: services.bus()? },
            schedules: services.schedules()?,
            fleet: Fleet {
                store: store.clone(),
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
