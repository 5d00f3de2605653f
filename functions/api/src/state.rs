//! The dependencies of the handlers.

use domain::author::Author;
use domain::digest::DigestSecret;
use operations::Engine;
use runtime::config::{self, ConfigError, Services};
use runtime::logs::Causes;

use crate::auth::token::Tokens;

/// The API's view of the deployment.
#[derive(Debug)]
pub struct Api {
    /// The deployment.
    pub engine: Engine,
    /// The secret that keys digests of addresses.
    pub secret: DigestSecret,
    /// The issuer of portal tokens.
    pub tokens: Tokens,
    /// The maximum number of requests of a session per minute.
    pub calls_per_minute: u32,
    /// The URL at which browsers reach this API, such as `https://api.example.com`. If absent, the request's domain is
    /// used.
    pub url: Option<String>,
}

impl Api {
    /// Reads the configuration from the environment, and opens the connections.
    ///
    /// # Errors
    /// [`ConfigError`]: an environment variable is missing or not valid, so the template does not match the function.
    pub async fn from_environment() -> Result<Self, ConfigError> {
        let services = Services::load()?;
        let api = Self {
            engine: Engine::from_environment(&services)?,
            secret: config::digest_secret()?,
            tokens: Tokens::new(services.signer()?),
            calls_per_minute: config::parsed("CALLS_PER_MINUTE")?,
            url: config::optional("API_URL").map(|url| url.trim_end_matches('/').to_owned()),
        };
        let (table, ()) = tokio::join!(api.engine.warm(), api.tokens.warm());
        if let Err(error) = table {
            tracing::warn!(error = %Causes(&error), "the table did not answer at start");
        }
        Ok(api)
    }

    /// The deployment, with the operator as the author of changes.
    pub(crate) fn as_operator(&self) -> Engine {
        self.engine.by(Author::Operator)
    }
}
