//! What every handler reaches.

use std::collections::BTreeMap;

use aws::queue::Queues;
use aws::schedules::Schedules;
use aws::store::Store;
use aws::vault::Vault;
use domain::app::App;
use operations::connectors::Connectors;
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
        let connectors = Connectors::new(services.functions(), names()?);
        Ok(Self {
            integrations: integrations(&store, vault, connectors),
            queues: services.queues()?,
            schedules: services.schedules()?,
            tokens: Tokens::new(services.signer()?),
            calls_per_minute: config::parsed("CALLS_PER_MINUTE")?.unwrap_or(300),
            url: config::optional("API_URL").map(|url| url.trim_end_matches('/').to_owned()),
            store,
        })
    }
}

fn integrations(store: &Store, vault: Vault, connectors: Connectors) -> Integrations {
    Integrations { store: store.clone(), vault, connectors }
}

/// The connectors' functions are named by their ARNs in `CONNECTORS`, a JSON object by app.
fn names() -> Result<BTreeMap<App, String>, ConfigError> {
    let text = config::required("CONNECTORS")?;
    serde_json::from_str(&text).map_err(|why| ConfigError::Invalid {
        name: "CONNECTORS",
        value: text,
        why: why.to_string(),
    })
}
