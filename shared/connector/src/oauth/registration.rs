//! Our own registration with an app: the client id and secret that the operator got there, kept in Secrets Manager.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws::secrets::{Secrets, SecretsError};
use domain::app::App;
use domain::outcome::Reason;
use runtime::logs::Causes;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::Mutex;

/// How long a registration is taken as it was read, so that a rotated secret is found.
const FRESH: Duration = Duration::from_mins(5);

/// A client id and secret. Wiped from memory when dropped, and never shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The id, which is no secret.
    pub client_id: String,
    /// The secret.
    pub client_secret: SecretString,
}

/// Why there is no registration.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// The operator has to register with the app, and to store what they get there.
    #[error("there is no secret `{name}`")]
    Missing {
        /// The secret that is looked for.
        name: String,
    },
    /// The operator has to store it otherwise. Nothing of it is quoted.
    #[error("the secret `{name}` is not a JSON object of `client_id` and `client_secret`")]
    Malformed {
        /// The secret.
        name: String,
    },
    /// Ask again later.
    #[error(transparent)]
    Unavailable(SecretsError),
}

impl RegistrationError {
    /// What it means to the merchant, who can do nothing about it.
    pub(crate) fn reason(&self, app: App) -> Reason {
        match self {
            Self::Missing { .. } | Self::Malformed { .. } => {
                let hint = format!("The operator of this service has to register it with {}.", app.label());
                Reason::new(format!("Logging in with {} is not set up here.", app.label())).hint(hint)
            }
            Self::Unavailable(_) => Reason::new("The engine could not read its own registration."),
        }
    }
}

/// The registration with one app, read when it is needed first.
#[derive(Debug)]
pub struct Registrar {
    secrets: Secrets,
    name: String,
    read: Mutex<Option<(Instant, Arc<Registration>)>>,
}

impl Registrar {
    /// `prefix`: what the secrets of all apps begin with; the app's key follows.
    pub fn new(secrets: Secrets, prefix: &str, app: App) -> Self {
        Self { secrets, name: format!("{prefix}/{app}"), read: Mutex::default() }
    }

    /// The registration.
    pub async fn registration(&self) -> Result<Arc<Registration>, RegistrationError> {
        let mut read = self.read.lock().await;
        if let Some((at, registration)) = read.as_ref()
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(registration));
        }
        let found = self.fetch().await;
        if let Err(error) = &found {
            tracing::error!(error = %Causes(error), "the registration with the app cannot be had");
        }
        let registration = Arc::new(found?);
        *read = Some((Instant::now(), Arc::clone(&registration)));
        Ok(registration)
    }

    async fn fetch(&self) -> Result<Registration, RegistrationError> {
        use secrecy::ExposeSecret;
        let name = || self.name.clone();
        let text = self.secrets.get(&self.name).await.map_err(|error| match error {
            SecretsError::Missing(name) => RegistrationError::Missing { name },
            SecretsError::Unavailable { .. } => RegistrationError::Unavailable(error),
        })?;
        // serde's message would quote a value.
        serde_json::from_str(text.expose_secret()).map_err(|_| RegistrationError::Malformed { name: name() })
    }
}
